#pragma once

#include <capnp/serialize-async.h>
#include <cstdint>

namespace evd::queryd {

// A connection's messages, with a smaller limit for those that come in than for those that go out.
//
// Cap'n Proto knows one limit for both directions; but a client has little to say, while one record
// of an answer may be large. Every read asks for at most `received_words_max`, whatever options the
// RPC system passes; a longer message ends the connection before memory is taken for it.
class BoundedMessageStream final : public capnp::MessageStream {
  public:
    BoundedMessageStream(kj::AsyncIoStream& stream, uint64_t received_words_max)
        : stream_(stream), received_words_max_(received_words_max) {}

    kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> tryReadMessage(
        kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
        kj::ArrayPtr<capnp::word> scratch_space) override;
    kj::Promise<void> writeMessage(
        kj::ArrayPtr<const int> fds,
        kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) override;
    kj::Promise<void> writeMessages(
        kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) override;
    kj::Maybe<int> getSendBufferSize() override;
    kj::Promise<void> end() override;

  private:
    capnp::AsyncIoMessageStream stream_;
    uint64_t received_words_max_;
};

}  // namespace evd::queryd
