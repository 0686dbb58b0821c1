#pragma once

#include "collector/ring/event_buffer.h"
#include "common/wire/record.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::collector {

// At most this many events, and these many bytes or one larger event, travel in one batch.
inline constexpr uint32_t kBatchEventsMax = 4096;
inline constexpr size_t kBatchBytesMax = size_t{1024} * 1024;

// A run of one cpu's events as raw KMES bytes, with the gaps in front of and between them
// (capnp/record.capnp, EventBatch). Together they cover first_sequence..last_sequence without
// overlap. Made by a drain thread, kept by the sending loop until the store has answered.
struct EventBatch {
    uint16_t cpu = 0;
    uint64_t first_sequence = 0;
    uint64_t last_sequence = 0;
    uint32_t event_count = 0;
    std::vector<wire::Gap> gaps;
    EventBuffer events;
    uint8_t ring_fill_percent = 0;  // before they were read; the store sheds indexes by it (§3.3)

    // For the gap that this batch becomes should the store refuse it for ever.
    int64_t before_timestamp_ns = 0;  // of the last event before it; 0 when there was none
    int64_t newest_timestamp_ns = 0;  // of its last event or gap

    bool empty() const { return event_count == 0 && gaps.empty(); }
};

// Takes the later half of the events off a batch, with the gaps among them. Nothing, and the batch
// as it was, when there are not two events whose headers can be read. Of the batch's own headers:
// a drain thread has read them before.
std::optional<EventBatch> splitOffHalf(EventBatch& batch);

// The batch that says "these events are lost": one gap over the whole range of `batch`.
EventBatch gapInsteadOf(const EventBatch& batch);

}  // namespace evd::collector
