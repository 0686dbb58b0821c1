#include "queryd/evctl/record_lane.h"

#include "common/base/text.h"

#include <poll.h>
#include <algorithm>

namespace evd::evctl {

namespace {

constexpr int kLookEveryMs = 100;

void pauseFor(int64_t ms) {
    (void)::poll(nullptr, 0, static_cast<int>(ms));
}

}  // namespace

RecordLane::RecordLane(const SessionContext& context, const std::string& socket, const char* door,
                       const char* kind)
    : context_(context),
      socket_(socket),
      outbox_(socket, context.clock),
      watch_(context, door, kind) {}

base::Result<void> RecordLane::open() {
    const auto connected = outbox_.connect();
    return connected.ok() ? connected : nobodyAnswers(socket_, connected.error());
}

base::Result<void> RecordLane::flush() {
    const int64_t until_ns = context_.clock.monotonicNs() + kLanePatienceMs * base::kNsPerMs;
    while (!outbox_.flushWithin(kLookEveryMs)) {
        if (context_.clock.monotonicNs() >= until_ns) {
            return base::fail(base::ErrorKind::Busy,
                              base::cat("eventd takes nothing at ", socket_, "; ",
                                        outbox_.sentCount(), " records were sent before"));
        }
        pauseFor(outbox_.fd() < 0 ? kLookEveryMs : 0);
    }
    return {};
}

base::Result<void> RecordLane::waitBlindly() {
    pauseFor(static_cast<int64_t>(since_look_bytes_ * 1000 / kBlindBytesPerSecond));
    since_look_bytes_ = 0;
    return {};
}

// Goes on when all was read and little is held; also when nothing moves although nothing is held:
// what the door refuses is in no figure that is shown.
base::Result<void> RecordLane::waitForRoom() {
    EVD_TRY(flush());
    auto seen = watch_.look();
    int64_t moved_ns = context_.clock.monotonicNs();
    while (seen) {
        const bool has_room = seen->held_bytes < kLaneWindowBytes;
        const int64_t still_ms = (context_.clock.monotonicNs() - moved_ns) / base::kNsPerMs;
        if (has_room && (seen->received >= outbox_.sentCount() || still_ms > kLaneLastPatienceMs)) {
            since_look_bytes_ = 0;
            return {};
        }
        if (still_ms > kLanePatienceMs) {
            return base::fail(base::ErrorKind::Busy,
                              base::cat("the store takes nothing any more; ", outbox_.sentCount(),
                                        " records were sent before"));
        }
        pauseFor(kLookEveryMs);
        const auto now = watch_.look();
        moved_ns = now == seen ? moved_ns : context_.clock.monotonicNs();
        seen = now;
    }
    return waitBlindly();
}

base::Result<LaneOutcome> RecordLane::finish() {
    EVD_TRY(flush());
    LaneOutcome outcome{outbox_.sentCount(), outbox_.droppedCount(), 0, false};
    auto seen = watch_.look();
    int64_t moved_ns = context_.clock.monotonicNs();
    while (seen) {
        const int64_t still_ms = (context_.clock.monotonicNs() - moved_ns) / base::kNsPerMs;
        const bool is_done = seen->received >= outcome.sent && seen->held_bytes == 0;
        if (is_done || still_ms > kLaneLastPatienceMs) {
            const uint64_t unread = outcome.sent - std::min(outcome.sent, seen->received);
            outcome.missing = unread + seen->lost;
            outcome.is_confirmed = is_done || unread > 0;
            break;
        }
        pauseFor(kLookEveryMs);
        const auto now = watch_.look();
        moved_ns = now == seen ? moved_ns : context_.clock.monotonicNs();
        seen = now;
    }
    return outcome;
}

}  // namespace evd::evctl
