#include "common/ipc/message_stream.h"

namespace evd::ipc {

namespace {

// Asks for one byte at least, which kj never has to ask for twice, and for the rest by a promise.
// A promise that is returned from a continuation takes its place, so the chain stays short as well.
template <typename Stream>
class LoopedStream : public Stream {
  public:
    explicit LoopedStream(kj::Own<Stream> inner) : inner_(kj::mv(inner)) {}
    LoopedStream(const LoopedStream&) = delete;
    LoopedStream& operator=(const LoopedStream&) = delete;

    kj::Promise<size_t> tryRead(void* buffer, size_t min_bytes, size_t max_bytes) override {
        return readOn(static_cast<kj::byte*>(buffer), min_bytes, max_bytes, 0);
    }
    kj::Promise<void> write(const void* buffer, size_t size) override {
        return inner_->write(buffer, size);
    }
    kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
        return inner_->write(pieces);
    }
    kj::Promise<void> whenWriteDisconnected() override { return inner_->whenWriteDisconnected(); }
    void shutdownWrite() override { inner_->shutdownWrite(); }
    void getsockopt(int level, int option, void* value, kj::uint* length) override {
        inner_->getsockopt(level, option, value, length);
    }

  protected:
    Stream& inner() { return *inner_; }

  private:
    kj::Promise<size_t> readOn(kj::byte* buffer, size_t min_bytes, size_t max_bytes,
                               size_t already_read) {
        if (min_bytes == 0) {
            return already_read;
        }
        return inner_->tryRead(buffer, 1, max_bytes)
            .then([=, this](size_t read) -> kj::Promise<size_t> {
                const size_t total = already_read + read;
                if (read == 0 || read >= min_bytes) {
                    return total;
                }
                return readOn(buffer + read, min_bytes - read, max_bytes - read, total);
            });
    }

    kj::Own<Stream> inner_;
};

class LoopedByteStream final : public LoopedStream<kj::AsyncIoStream> {
  public:
    using LoopedStream::LoopedStream;
};

class LoopedFdStream final : public LoopedStream<kj::AsyncCapabilityStream> {
  public:
    using LoopedStream::LoopedStream;

    kj::Promise<void> writeWithFds(kj::ArrayPtr<const kj::byte> data,
                                   kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> more,
                                   kj::ArrayPtr<const int> fds) override {
        return inner().writeWithFds(data, more, fds);
    }
    // Asked for the first eight bytes of a message alone: no more pieces than that.
    kj::Promise<ReadResult> tryReadWithFds(void* buffer, size_t min_bytes, size_t max_bytes,
                                           kj::AutoCloseFd* fds, size_t fds_max) override {
        return inner().tryReadWithFds(buffer, min_bytes, max_bytes, fds, fds_max);
    }
    kj::Promise<void> writeWithStreams(
        kj::ArrayPtr<const kj::byte> data, kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> more,
        kj::Array<kj::Own<kj::AsyncCapabilityStream>> streams) override {
        return inner().writeWithStreams(data, more, kj::mv(streams));
    }
    kj::Promise<ReadResult> tryReadWithStreams(void* buffer, size_t min_bytes, size_t max_bytes,
                                               kj::Own<kj::AsyncCapabilityStream>* streams,
                                               size_t streams_max) override {
        return inner().tryReadWithStreams(buffer, min_bytes, max_bytes, streams, streams_max);
    }
};

}  // namespace

kj::Own<capnp::MessageStream> messagesOf(kj::Own<kj::AsyncIoStream> stream) {
    auto looped = kj::heap<LoopedByteStream>(kj::mv(stream));
    return kj::heap<capnp::AsyncIoMessageStream>(*looped).attach(kj::mv(looped));
}

kj::Own<capnp::MessageStream> messagesOf(kj::Own<kj::AsyncCapabilityStream> stream) {
    auto looped = kj::heap<LoopedFdStream>(kj::mv(stream));
    return kj::heap<capnp::AsyncCapabilityMessageStream>(*looped).attach(kj::mv(looped));
}

}  // namespace evd::ipc
