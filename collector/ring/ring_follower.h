#pragma once

#include "collector/ring/batch_builder.h"
#include "collector/ring/ring_reader.h"
#include "collector/ring/ring_source.h"
#include "common/base/clock.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace evd::collector {

// Longest sleep without a wake (Ruling K2), and how long to spin for closely following events.
inline constexpr int64_t kRingWaitNs = 100 * base::kNsPerMs;
inline constexpr int64_t kRingSpinNs = 20 * base::kNsPerUs;

// Follows the rings of one cpu through time and turns what is in them into batches.
//
// Joins reader and builder and knows what neither does: that a ring may be replaced by another one
// (Spec PSD-003 §5.1, generation check), announced by its generation or, when KMES itself was
// restarted, by a new connection behind the source. The old ring is read to its end first and what
// the new one repeats is skipped by sequence number, so nothing is lost or doubled. Lives on one
// drain thread and never blocks outside wait() and a re-attach. An attach that fails leaves the old
// ring in place and is tried again after the next wait.
class RingFollower {
  public:
    RingFollower(RingSource& source, FoundRing ring, SequenceTracker tracker,
                 const base::Clock& clock);

    enum class Progress {
        BatchFull,   // more may be waiting
        Drained,     // nothing is left to read
        Unreadable,  // what stands next is no event; it may become one
    };

    // Reads until a batch is full or the ring gives no more. The batches are then in takeBatches().
    Progress fill(uint32_t events_max);
    std::vector<EventBatch> takeBatches() { return builder_.takeFinished(); }

    // To be called when nothing is left to read. True when there may be something now: at most a
    // batch of what came last into the old ring was read, or another one was put in place. The
    // error when one should have been but could not.
    base::Result<bool> followReplacement(uint32_t events_max);

    void wait(int64_t timeout_ns);

    // Position up to which events are there now, and up to which they were read.
    uint64_t writePosition() const { return reader_->mapping().writePosition(); }
    uint64_t readPosition() const { return reader_->readPosition(); }
    const RingReader& reader() const { return *reader_; }
    const BatchBuilder& builder() const { return builder_; }
    uint64_t replacementCount() const { return replacement_count_; }
    // In all rings so far.
    uint64_t lapCount() const { return laps_before_ + reader_->lapCount(); }
    uint64_t unreadableCount() const { return unreadable_before_ + reader_->unreadableCount(); }

  private:
    bool replacementDue();

    RingSource& source_;
    const base::Clock& clock_;
    uint16_t cpu_;
    std::unique_ptr<RingReader> reader_;
    RingIdentity identity_;
    uint64_t connection_count_;
    BatchBuilder builder_;
    bool active_ = false;         // events came since the last wait
    uint32_t spins_to_skip_ = 0;  // spinning did not pay lately
    uint32_t spins_failed_ = 0;
    uint64_t replacement_count_ = 0;
    uint64_t laps_before_ = 0;  // in rings that were replaced
    uint64_t unreadable_before_ = 0;
};

}  // namespace evd::collector
