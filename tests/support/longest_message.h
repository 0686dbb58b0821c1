#pragma once

#include "tests/support/raw_rpc_peer.h"

#include <poll.h>
#include <cstdint>
#include <functional>

namespace evd::test {

// Whether the far end of `peer` takes a message of so many bytes and hangs up on one that is a word
// longer. `turn` lets it work. Which row of ipc/door_limits.h a connection was made with shows in
// this number; all others are proved for each row by door_limits_test.cpp.
inline bool takesAtMost(RawRpcPeer& peer, uint64_t bytes, const std::function<void()>& turn) {
    size_t answers = 0;
    bool is_open = true;
    const auto say = [&](uint32_t question, uint64_t words) {
        capnp::MallocMessageBuilder message;
        message.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(question);
        peer.sendPadded(message, words, turn);
        // There may be something else to read first, and a last word before a hang-up.
        constexpr int kTurnsMax = 5;
        const size_t before = answers;
        for (int i = 0; i < kTurnsMax && is_open && answers == before; ++i) {
            turn();
            is_open = peer.read();
            peer.forEachReceived([&](capnp::rpc::Message::Reader received) {
                answers += received.isReturn() ? 1 : 0;
            });
        }
    };
    constexpr uint32_t kFirst = 7'000'000;
    const uint64_t words = bytes / sizeof(capnp::word);
    say(kFirst, words);
    if (!is_open || answers != 1) {
        return false;
    }
    say(kFirst + 1, words + 1);
    return !is_open && answers == 1;
}

// The same of an end that lives in another thread or process.
inline bool takesAtMost(RawRpcPeer& peer, uint64_t bytes) {
    constexpr int kPatienceMs = 10'000;
    return takesAtMost(peer, bytes, [&peer] {
        const short awaited = peer.unsentBytes() > 0 ? POLLOUT : POLLIN;
        pollfd waiting{peer.fd(), awaited, 0};
        (void)::poll(&waiting, 1, kPatienceMs);
    });
}

}  // namespace evd::test
