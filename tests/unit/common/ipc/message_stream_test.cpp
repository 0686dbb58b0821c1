// Messages that come in the smallest of pieces, faster than the reader waits for one.

#include "common/ipc/message_stream.h"

#include "common/base/socket.h"
#include "common/base/thread.h"

#include <capnp/common.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace evd::ipc {
namespace {

constexpr size_t kTextBytes = 3'000;

kj::Array<capnp::word> messageOf(size_t text_bytes) {
    capnp::MallocMessageBuilder message;
    message.initRoot<capnp::AnyPointer>().initAs<capnp::Text>(
        static_cast<unsigned>(text_bytes - 1));
    return capnp::messageToFlatArray(message);
}

// Has its bytes at once, and gives one of them each time. Remembers how far down the stack it was
// asked.
class OneByteStream final : public kj::AsyncIoStream {
  public:
    explicit OneByteStream(kj::ArrayPtr<const kj::byte> bytes) : bytes_(bytes) {}

    kj::Promise<size_t> tryRead(void* buffer, size_t min_bytes, size_t /*max_bytes*/) override {
        const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
        lowest = std::min(lowest, here);
        highest = std::max(highest, here);
        most_asked = std::max(most_asked, min_bytes);
        if (bytes_.size() == 0) {
            return size_t{0};
        }
        *static_cast<kj::byte*>(buffer) = bytes_[0];
        bytes_ = bytes_.slice(1, bytes_.size());
        return size_t{1};
    }
    kj::Promise<void> write(const void*, size_t) override { return kj::READY_NOW; }
    kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override {
        return kj::READY_NOW;
    }
    kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
    void shutdownWrite() override {}

    uintptr_t lowest = std::numeric_limits<uintptr_t>::max();
    uintptr_t highest = 0;
    size_t most_asked = 0;

  private:
    kj::ArrayPtr<const kj::byte> bytes_;
};

TEST_CASE("message stream: each piece of a message is read at the same depth of the stack") {
    const auto io = kj::setupAsyncIo();
    const auto words = messageOf(kTextBytes);
    auto owned = kj::heap<OneByteStream>(words.asBytes());
    OneByteStream& pieces = *owned;
    auto messages = messagesOf(kj::Own<kj::AsyncIoStream>(kj::mv(owned)));

    auto message = messages->readMessage().wait(io.waitScope);
    CHECK(message->getRoot<capnp::AnyPointer>().getAs<capnp::Text>().size() == kTextBytes - 1);
    CHECK(pieces.most_asked == 1);  // so that kj never asks again by itself
    CHECK(pieces.highest - pieces.lowest < 16'384);

    CHECK(messages->tryReadMessage().wait(io.waitScope) == nullptr);
}

TEST_CASE("message stream: a message that ends before its time is an error") {
    const auto io = kj::setupAsyncIo();
    const auto words = messageOf(kTextBytes);
    for (const size_t bytes : {size_t{1}, size_t{8}, words.asBytes().size() - 1}) {
        auto messages = messagesOf(
            kj::Own<kj::AsyncIoStream>(kj::heap<OneByteStream>(words.asBytes().slice(0, bytes))));
        CHECK_THROWS_AS(messages->readMessage().wait(io.waitScope), kj::Exception);
    }
}

// Packets of a byte: each read brings one, and none has to be waited for.
TEST_CASE("message stream: thousands of pieces that are there at once fit on a small stack") {
    constexpr size_t kStackBytes = size_t{192} << 10;
    for (const bool with_descriptors : {false, true}) {
        CAPTURE(with_descriptors);
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        const int room = 64 << 20;
        REQUIRE(::setsockopt(pair.value().right.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room,
                             sizeof room) == 0);
        const auto words = messageOf(kTextBytes);
        for (const kj::byte& one : words.asBytes()) {
            REQUIRE(::send(pair.value().right.get(), &one, 1, MSG_DONTWAIT) == 1);
        }
        std::atomic<size_t> text_bytes = 0;
        base::Thread reading(
            "reading",
            [&] {
                auto io = kj::setupAsyncIo();
                const int socket = pair.value().left.release();
                constexpr auto kOwned = kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP;
                auto messages =
                    with_descriptors
                        ? messagesOf(io.lowLevelProvider->wrapUnixSocketFd(socket, kOwned))
                        : messagesOf(io.lowLevelProvider->wrapSocketFd(socket, kOwned));
                kj::Array<kj::AutoCloseFd> fds = kj::heapArray<kj::AutoCloseFd>(1);
                auto message = messages->readMessage(fds).wait(io.waitScope);
                text_bytes =
                    message.reader->getRoot<capnp::AnyPointer>().getAs<capnp::Text>().size();
            },
            kStackBytes);
        reading.join();
        CHECK(text_bytes == kTextBytes - 1);
    }
}

}  // namespace
}  // namespace evd::ipc
