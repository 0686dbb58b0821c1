#include "queryd/evctl/record_lane.h"

#include "common/base/text.h"
#include "queryd/evctl/pause.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr int kLookEveryMs = 100;

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

void RecordLane::waitBlindly() {
    pauseFor(static_cast<int64_t>(since_look_bytes_ * 1000 / kBlindBytesPerSecond));
}

// Looks at the figures again and again, until the judge says that it is enough.
std::optional<DoorProgress> RecordLane::watchUntil(const Judge& is_enough) {
    auto seen = watch_.look();
    int64_t moved_ns = context_.clock.monotonicNs();
    while (seen && !is_enough(*seen, (context_.clock.monotonicNs() - moved_ns) / base::kNsPerMs)) {
        pauseFor(kLookEveryMs);
        const auto now = watch_.look();
        moved_ns = now == seen ? moved_ns : context_.clock.monotonicNs();
        seen = now;
    }
    return seen;
}

// Goes on when all was read and little is held; also when nothing moves although nothing is held:
// what the door refuses is in no figure that is shown.
base::Result<void> RecordLane::waitForRoom() {
    EVD_TRY(flush());
    bool has_room = false;
    const auto seen = watchUntil([&](const DoorProgress& progress, int64_t still_ms) {
        has_room = progress.held_bytes < kLaneWindowBytes &&
                   (progress.received >= outbox_.sentCount() || still_ms > kLaneLastPatienceMs);
        return has_room || still_ms > kLanePatienceMs;
    });
    if (seen && !has_room) {
        return base::fail(base::ErrorKind::Busy,
                          base::cat("the store takes nothing any more; ", outbox_.sentCount(),
                                    " records were sent before"));
    }
    if (!seen) {
        waitBlindly();
    }
    since_look_bytes_ = 0;
    return {};
}

base::Result<LaneOutcome> RecordLane::finish() {
    EVD_TRY(flush());
    LaneOutcome outcome;
    outcome.sent = outbox_.sentCount();
    outcome.too_large = outbox_.droppedCount();
    outcome.is_confirmed = false;
    bool is_done = false;
    const auto seen = watchUntil([&](const DoorProgress& progress, int64_t still_ms) {
        is_done = progress.received >= outcome.sent && progress.held_bytes == 0;
        return is_done || still_ms > kLaneLastPatienceMs;
    });
    if (seen) {
        const uint64_t unread = outcome.sent - std::min(outcome.sent, seen->received);
        outcome.has_others = seen->received > outcome.sent;
        outcome.missing = unread + (outcome.has_others ? 0 : seen->lost);
        outcome.perhaps_missing = outcome.has_others ? seen->lost : 0;
        outcome.is_confirmed = is_done || unread > 0;
    }
    return outcome;
}

}  // namespace evd::evctl
