#pragma once

#include "common/base/check.h"
#include "common/base/fd.h"
#include "common/base/socket.h"
#include "tests/fuzz/support/rpc_script.h"

#include <capnp/schema.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <unistd.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// The way a fuzzer of a served connection goes: a socket pair, the served end at one side, the
// script at the other, until the script is over and what it began has ended too.
//
// Finds what a crash does not tell of by itself: work that never ends (kTurnsMax) and descriptors
// that stay open.
class RpcDoor {
  public:
    RpcDoor(std::vector<capnp::InterfaceSchema> interfaces, std::vector<std::string> words)
        : interfaces_(std::move(interfaces)), words_(std::move(words)) {}

    kj::AsyncIoContext& io() { return io_; }

    // `play` has `script` at hand while the served end lives.
    void run(base::Fd scripted_end, std::span<const uint8_t> bytes) {
        RawRpcPeer peer(std::move(scripted_end));
        RpcScript script(peer, interfaces_, words_, [this] { io_.waitScope.poll(); });
        script.run(bytes);
        peer.flush();
        io_.waitScope.poll();
    }

    // Turns the loop until it is so.
    void turnUntil(const std::function<bool()>& is_over, const char* otherwise) {
        for (int i = 0; i < kTurnsMax && !is_over(); ++i) {
            io_.provider->getTimer().afterDelay(100 * kj::MICROSECONDS).wait(io_.waitScope);
        }
        EVD_CHECK(is_over(), otherwise);
    }

    static std::pair<base::Fd, base::Fd> ends() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        EVD_CHECK(pair.ok(), "a fuzzer can make a socket pair");
        return {std::move(pair.value().left), std::move(pair.value().right)};
    }

    // Called after each input: the first free descriptor is the same every time, but for those
    // that a store opens when it first needs them.
    void checkDescriptors() {
        const int free = ::dup(0);
        ::close(free);
        EVD_CHECK(free < kDescriptorsMax, "descriptors are left behind");
    }

  private:
    static constexpr int kTurnsMax = 50'000;
    static constexpr int kDescriptorsMax = 200;

    std::vector<capnp::InterfaceSchema> interfaces_;
    std::vector<std::string> words_;
    kj::AsyncIoContext io_ = kj::setupAsyncIo();
};

}  // namespace evd::test
