#pragma once

#include "common/base/interval_set.h"
#include "common/wire/record.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace evd::collector {

// Decides, event by event, what of one cpu is new, what the store has already, and what is lost.
//
// Pure. The drain thread asks it for every event in ring order and so never has to think about
// restarts: a number that the store held when we connected is skipped and never reported as lost;
// a number below the one expected next was passed on before (the front of a resized ring) and is
// skipped too; every other number that is jumped over is part of a gap (Spec PSD-008 §2.5). Numbers
// begin at 1. Once passed on a number counts as accounted for, whatever becomes of it later: the
// sending loop keeps it until the store has it. Memory is that of the held intervals still ahead.
class SequenceTracker {
  public:
    explicit SequenceTracker(base::IntervalSet held) : held_(std::move(held)) {
        held_greatest_ = held_.greatest();
    }

    // True when the event is to be passed on. The gaps in front of it are added to `gaps` in either
    // case, in ascending order.
    bool accept(uint64_t sequence, uint64_t timestamp_ns, std::vector<wire::Gap>& gaps);

    // True when accept() would say yes and add no gap; the quick question of the hot path.
    bool followsOn(uint64_t sequence) const {
        return sequence == expected_ && sequence > held_greatest_;
    }
    // What accept() does for an event that follows on.
    void advance(uint64_t sequence, uint64_t timestamp_ns);

    // The greatest number that is known to have been given out.
    uint64_t knownThrough() const { return std::max(expected_ - 1, held_greatest_); }
    // Of the last event seen; 0 when there was none.
    int64_t lastTimestamp() const { return last_timestamp_ns_; }

  private:
    base::IntervalSet held_;
    uint64_t held_greatest_ = 0;
    uint64_t expected_ = 1;
    int64_t last_timestamp_ns_ = 0;
};

}  // namespace evd::collector
