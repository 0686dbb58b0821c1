#include "queryd/transport/msgpack_answer.h"

#include "common/base/check.h"

namespace evd::queryd {

void MsgpackAnswer::accepted(bool streaming, const std::atomic<bool>& cancelled) {
    streaming_ = streaming;
    cancelled_ = &cancelled;
    if (streaming) {
        sender_.setDeadline(kStreamInitialSendMs);
    }
}

base::Result<void> MsgpackAnswer::send(std::span<const uint8_t> frame) {
    EVD_CHECK(cancelled_ != nullptr, "records came before the question was accepted");
    anything_sent_ = true;
    if (!live_) {
        return sender_.sendWaiting(frame, *cancelled_);
    }
    const auto sent = sender_.sendNow(frame);
    too_slow_ = !sent.ok() && sent.error().kind == base::ErrorKind::Busy;
    return sent;
}

base::Result<void> MsgpackAnswer::sendRecords() {
    const auto sent = send(frame_.close());
    frame_.clear();
    return sent;
}

base::Result<void> MsgpackAnswer::record(std::span<const uint8_t> msgpack_map) {
    if (!frame_.hasRoomFor(msgpack_map.size())) {
        EVD_TRY(sendRecords());
    }
    frame_.add(msgpack_map);
    return {};
}

base::Result<void> MsgpackAnswer::initialComplete() {
    if (frame_.count() > 0 || !anything_sent_) {
        EVD_TRY(sendRecords());
    }
    if (streaming_ && watch_) {
        EVD_TRY(send(watchFrame()));
    }
    live_ = streaming_;
    return {};
}

base::Result<void> MsgpackAnswer::flush() {
    return frame_.count() > 0 ? sendRecords() : base::Result<void>();
}

void MsgpackAnswer::finish(const base::Result<void>& outcome) {
    base::Result<void> told;
    if (outcome.ok()) {
        // A streaming question has no end message (Spec §8.8).
        told = streaming_ ? told : sender_.sendLast(endFrame());
    } else if (too_slow_) {
        told = sender_.sendLast(
            errorFrame("the streaming query was ended because its client reads too slowly"));
    } else {
        told = sender_.sendLast(errorFrame(outcome.error().text));
    }
    (void)told;  // the connection closes now in any case
}

}  // namespace evd::queryd
