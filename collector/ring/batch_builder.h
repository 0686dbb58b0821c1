#pragma once

#include "collector/ring/event_batch.h"
#include "collector/ring/sequence_tracker.h"
#include "common/kmes/event_header.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::collector {

// Makes batches of one cpu from the runs that a reader copies into its buffer.
//
// Pure but for memory. Asks the tracker about every event, takes out of the buffer what the store
// has already, records gaps, and begins a new batch where a number that the store holds lies
// between, so that each batch covers its range without holes. Lives on one drain thread.
class BatchBuilder {
  public:
    BatchBuilder(uint16_t cpu, SequenceTracker tracker) : tracker_(std::move(tracker)) {
        batch_.cpu = cpu;
    }

    // Where the reader appends its next run.
    EventBuffer& buffer() { return batch_.events; }
    // Takes the run that begins at run_start in the buffer and fills it to its end.
    void addRun(size_t run_start, std::span<const kmes::EventFrame> frames);

    uint32_t eventCount() const { return batch_.event_count; }
    // Ends the batch in hand, unless it is empty.
    void finishBatch();
    // The batches that are ready, oldest first.
    std::vector<EventBatch> takeFinished() { return std::exchange(finished_, {}); }

    uint64_t gapCount() const { return gap_count_; }
    uint64_t lostCount() const { return lost_count_; }
    uint64_t takenCount() const { return taken_count_; }
    const SequenceTracker& tracker() const { return tracker_; }

  private:
    void judge(const kmes::EventFrame& frame);
    void beginAt(uint64_t sequence);
    void cover(uint64_t last_sequence, int64_t timestamp_ns);
    void dropSkipped();

    SequenceTracker tracker_;
    EventBatch batch_;
    std::vector<EventBatch> finished_;
    std::vector<wire::Gap> new_gaps_;
    size_t at_ = 0;             // in the buffer: the next event to judge, behind what is kept
    size_t skipped_bytes_ = 0;  // behind at_: judged, not wanted, not yet taken out
    int64_t previous_timestamp_ns_ = 0;
    uint64_t gap_count_ = 0;
    uint64_t lost_count_ = 0;
    uint64_t taken_count_ = 0;
};

}  // namespace evd::collector
