#include "collector/ring/event_batch.h"

#include "common/kmes/event_header.h"

#include <algorithm>

namespace evd::collector {

std::optional<EventBatch> splitOffHalf(EventBatch& batch) {
    const uint32_t front_count = batch.event_count / 2;
    kmes::EventFrame last;
    size_t front_bytes = 0;
    for (uint32_t taken = 0; taken < front_count; ++taken) {
        const auto rest = batch.events.bytes().subspan(front_bytes);
        if (!kmes::readEventFrame(rest, last)) {
            return std::nullopt;
        }
        front_bytes += last.event_bytes;
    }
    if (front_count == 0) {
        return std::nullopt;
    }
    EventBatch half;
    half.cpu = batch.cpu;
    half.first_sequence = last.sequence + 1;
    half.last_sequence = batch.last_sequence;
    half.event_count = batch.event_count - front_count;
    half.ring_fill_percent = batch.ring_fill_percent;
    half.before_timestamp_ns = static_cast<int64_t>(last.timestamp_ns);
    half.newest_timestamp_ns = batch.newest_timestamp_ns;
    // A gap is revealed by the event behind it, and goes with that one.
    const auto behind =
        std::find_if(batch.gaps.begin(), batch.gaps.end(),
                     [&](const wire::Gap& gap) { return gap.first_missing > last.sequence; });
    half.gaps.assign(behind, batch.gaps.end());
    half.events = batch.events.splitOff(front_bytes);
    half.events.seal();

    batch.gaps.erase(behind, batch.gaps.end());
    batch.last_sequence = last.sequence;
    batch.newest_timestamp_ns = static_cast<int64_t>(last.timestamp_ns);
    batch.event_count = front_count;
    batch.events.seal();
    return half;
}

EventBatch gapInsteadOf(const EventBatch& batch) {
    EventBatch lost;
    lost.cpu = batch.cpu;
    lost.first_sequence = batch.first_sequence;
    lost.last_sequence = batch.last_sequence;
    lost.before_timestamp_ns = batch.before_timestamp_ns;
    lost.newest_timestamp_ns = batch.newest_timestamp_ns;
    lost.gaps.push_back({batch.first_sequence, batch.last_sequence, batch.before_timestamp_ns,
                         batch.newest_timestamp_ns});
    return lost;
}

}  // namespace evd::collector
