#pragma once

#include "common/ipc/door_limits.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/serialize-async.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace evd::ipc {

// The messages of one connection, held to its DoorLimits where Cap'n Proto itself does not: it
// knows one length for both directions, no number of calls, of capabilities or of answers that
// nobody reads.
//
// Looks at the head of every message that goes by, and at nothing that belongs to a method. What
// comes in and is too much is an exception, which ends the connection; `ended` is then told the
// reason, and so it is for every other breach of the protocol that Cap'n Proto finds. Lives on the
// event loop.
class DoorStream final : public capnp::MessageStream {
  public:
    using Ended = std::function<void(std::string_view reason)>;

    DoorStream(kj::Own<capnp::MessageStream> stream, const DoorLimits& limits, Ended ended);
    DoorStream(const DoorStream&) = delete;
    DoorStream& operator=(const DoorStream&) = delete;

    // Whose queue of unsent messages counts; called once, before the first message.
    void watch(capnp::TwoPartyVatNetwork& network) { network_ = &network; }

    kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
        kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
        kj::ArrayPtr<capnp::word> scratch_space) override;
    kj::Promise<void> writeMessage(
        kj::ArrayPtr<const int> fds,
        kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) override;
    kj::Promise<void> writeMessages(
        kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) override;
    kj::Maybe<int> getSendBufferSize() override { return stream_->getSendBufferSize(); }
    kj::Promise<void> end() override { return stream_->end(); }

  private:
    using Segments = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;

    kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> read(kj::ArrayPtr<kj::AutoCloseFd> fd_space,
                                                            capnp::ReaderOptions options,
                                                            kj::ArrayPtr<capnp::word> scratch);
    void noteReceived(capnp::MessageReader& message);
    void noteCall();
    uint32_t noteSent(Segments message);
    void sent(uint32_t answers, size_t messages);
    bool isFull() const;

    kj::Own<capnp::MessageStream> stream_;
    const DoorLimits limits_;
    const Ended ended_;
    capnp::TwoPartyVatNetwork* network_ = nullptr;
    uint32_t held_calls_ = 0;                   // received, and their answers not given back
    uint32_t unanswered_calls_ = 0;             // received, and their answers not written
    size_t writes_ = 0;                         // on their way
    kj::Own<kj::PromiseFulfiller<void>> room_;  // waited for by a read
};

}  // namespace evd::ipc
