// Calls are counted twice. From its arrival until its answer is written a call is work of ours, and
// a peer that asks for more than it reads just waits. From its arrival until the peer gives the
// answer back it is an entry in a table of Cap'n Proto's; a peer that never gives anything back can
// only be hung up on, because what would lower the number comes by the same socket.

#include "common/ipc/door_stream.h"

#include "common/base/text.h"
#include "common/ipc/errors.h"

#include <capnp/rpc.capnp.h>
#include <kj/io.h>
#include <algorithm>
#include <utility>

namespace evd::ipc {

namespace {

namespace rpc = capnp::rpc;

// The head of a message is read here first. Without these, one of the greatest length could come in
// but not be read to its end.
constexpr uint64_t kHeadWordsReadMax = 64;

[[noreturn]] void tooMuch(std::string text) {
    throwError(base::fail(base::ErrorKind::Invalid, std::move(text)));
}

// MessageReader::sizeInWords() counts the first segment twice.
uint64_t bytesOf(capnp::MessageReader& message) {
    uint64_t words = 0;
    for (unsigned i = 0; message.getSegment(i).begin() != nullptr; ++i) {
        words += message.getSegment(i).size();
    }
    return words * sizeof(capnp::word);
}

// Cap'n Proto never gives back what it holds for a promise that its peer does not keep, not even
// when the connection ends: some kilobytes each. No client of ours makes any.
[[noreturn]] void onlyPromised() {
    tooMuch("a capability that is only promised, none such is taken");
}

void checkCapabilities(const rpc::Payload::Reader& payload, const DoorLimits& limits) {
    const auto table = payload.getCapTable();
    if (table.size() > limits.capabilities_max) {
        tooMuch(base::cat("a message with ", table.size(), " capabilities, at most ",
                          limits.capabilities_max, " are taken"));
    }
    for (const auto capability : table) {
        if (capability.isSenderPromise() && !limits.takes_promises) {
            onlyPromised();
        }
    }
}

}  // namespace

DoorStream::DoorStream(kj::Own<capnp::MessageStream> stream, const DoorLimits& limits, Ended ended)
    : stream_(kj::mv(stream)), limits_(limits), ended_(std::move(ended)) {}

// Only a write on its way makes room again by itself, so only with one of these a queue counts.
bool DoorStream::isFull() const {
    return unanswered_calls_ >= limits_.unanswered_calls_max ||
           (writes_ > 0 && network_->getCurrentQueueSize() > limits_.unsent_bytes_max);
}

kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> DoorStream::tryReadMessage(
    kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
    kj::ArrayPtr<capnp::word> scratch_space) {
    if (!isFull()) {
        return read(fd_space, options, scratch_space);
    }
    auto room = kj::newPromiseAndFulfiller<void>();
    room_ = kj::mv(room.fulfiller);
    return room.promise.then([this, fd_space, options, scratch_space]() {
        return read(fd_space, options, scratch_space);
    });
}

kj::Promise<kj::Maybe<capnp::MessageReaderAndFds>> DoorStream::read(
    kj::ArrayPtr<kj::AutoCloseFd> fd_space, capnp::ReaderOptions options,
    kj::ArrayPtr<capnp::word> scratch) {
    options.traversalLimitInWords =
        limits_.received_bytes_max / sizeof(capnp::word) + kHeadWordsReadMax;
    const auto fds = fd_space.slice(0, std::min<size_t>(fd_space.size(), limits_.descriptors_max));
    return stream_->tryReadMessage(fds, options, scratch)
        .then([this](kj::Maybe<capnp::MessageReaderAndFds>&& message) {
            KJ_IF_MAYBE (received, message) {
                noteReceived(*received->reader);
            }
            return kj::mv(message);
        });
}

void DoorStream::noteReceived(capnp::MessageReader& message) {
    const uint64_t bytes = bytesOf(message);
    if (bytes > limits_.received_bytes_max) {
        tooMuch(base::cat("a message of ", bytes, " bytes, at most ", limits_.received_bytes_max,
                          " are taken"));
    }
    const auto root = message.getRoot<rpc::Message>();
    if (root.isBootstrap()) {
        noteCall();
    } else if (root.isCall()) {
        noteCall();
        checkCapabilities(root.getCall().getParams(), limits_);
    } else if (root.isReturn() && root.getReturn().isResults()) {
        checkCapabilities(root.getReturn().getResults(), limits_);
    } else if (root.isResolve() && !limits_.takes_promises) {
        onlyPromised();
    } else if (root.isFinish() && held_calls_ > 0) {
        --held_calls_;  // one that nobody made is found by Cap'n Proto
    }
}

void DoorStream::noteCall() {
    ++unanswered_calls_;
    if (++held_calls_ > limits_.held_calls_max) {
        tooMuch(base::cat("more than ", limits_.held_calls_max, " calls are held"));
    }
}

// How many calls the message answers.
uint32_t DoorStream::noteSent(Segments message) {
    capnp::SegmentArrayMessageReader reader(message);
    const auto root = reader.getRoot<rpc::Message>();
    // A peer that hangs up is sent an abort too, and has broken nothing.
    if (root.isAbort() && root.getAbort().getType() != rpc::Exception::Type::DISCONNECTED) {
        const auto reason = root.getAbort().getReason();
        ended_({reason.begin(), reason.size()});
    }
    return root.isReturn() ? 1 : 0;
}

kj::Promise<void> DoorStream::writeMessage(kj::ArrayPtr<const int> fds, Segments segments) {
    const uint32_t answers = noteSent(segments);
    ++writes_;
    return stream_->writeMessage(fds, segments).then([this, answers]() { sent(answers, 1); });
}

kj::Promise<void> DoorStream::writeMessages(
    kj::ArrayPtr<kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>> messages) {
    uint32_t answers = 0;
    for (const auto message : messages) {
        answers += noteSent(message);
    }
    ++writes_;
    return stream_->writeMessages(messages).then(
        [this, answers, count = messages.size()]() { sent(answers, count); });
}

// The network takes what was written out of its queue after this. A failed write ends the
// connection, and whoever waits for room with it.
void DoorStream::sent(uint32_t answers, size_t messages) {
    --writes_;
    unanswered_calls_ -= answers;
    const bool has_room = unanswered_calls_ < limits_.unanswered_calls_max &&
                          (network_->getCurrentQueueCount() <= messages ||
                           network_->getCurrentQueueSize() <= limits_.unsent_bytes_max);
    if (has_room && room_.get() != nullptr) {
        room_->fulfill();
        room_ = nullptr;
    }
}

}  // namespace evd::ipc
