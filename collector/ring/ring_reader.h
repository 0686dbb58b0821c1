#pragma once

#include "collector/ring/event_buffer.h"
#include "common/base/clock.h"
#include "common/kmes/event_header.h"
#include "common/kmes/ring_mapping.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace evd::collector {

// How much is copied at once: large enough to be one quick memcpy, small enough to stay in the
// cache while it is checked.
inline constexpr size_t kChunkBytes = size_t{256} * 1024;

enum class ReadOutcome {
    Events,      // a run was added to the buffer; frames() describes it
    Nothing,     // the ring is drained
    NoRoom,      // the next event does not fit what is left of the buffer's limit
    Unreadable,  // at the read position is nothing that is an event for certain; wait and try again
};

// The consumer's end of one ring: copies whole runs of events out and proves that they are whole.
//
// Keeps to the read protocol of Spec PSD-003 §5.1 and, because kernels publish the tail late (D-5),
// compares every copied header with the ring again (Ruling K1). What it returns is in ring order
// with increasing sequence numbers, of this cpu, and no larger than half the capacity; loss is
// visible as a jump in the sequence. Believes nothing that is in the pages: hostile memory costs
// bounded work per call and never an access outside the mapping. A slot that stays unreadable is
// given up once the writer has moved on. Owned by one drain thread; owns its mapping.
class RingReader {
  public:
    // Begins at the oldest surviving event. `generation` is the one under which the ring was found,
    // known_sequence the newest number that is known to have been published.
    RingReader(std::unique_ptr<kmes::RingMapping> mapping, uint64_t generation,
               uint64_t known_sequence);

    // Adds as many complete events as there are, up to events_max and until the buffer holds
    // bytes_max; an empty buffer takes one event of any legal size. The buffer grows only as far as
    // there are events (Ruling K4).
    ReadOutcome readRun(EventBuffer& out, size_t events_max, size_t bytes_max);

    // The events of the last run, in order.
    std::span<const kmes::EventFrame> frames() const { return frames_; }

    // Returns when there may be something to read, the generation has changed, or the time is over
    // (Spec §5.1, notification wait; Ruling K2). Spins for up to spin_ns before it sleeps. True
    // when there is something.
    bool waitForEvents(const base::Clock& clock, int64_t spin_ns, int64_t timeout_ns);

    // The ring was replaced: what is in it is all that ever will be.
    bool generationChanged() const { return mapping_->generation() != generation_; }
    // Gives up what is left unread, e.g. a slot that nobody will ever repair.
    void skipToEnd();

    // What stands next was copied and waits to be confirmed.
    bool inDoubt() const { return doubt_.has_value(); }

    const kmes::RingMapping& mapping() const { return *mapping_; }
    uint64_t readPosition() const { return read_position_; }
    uint64_t unreadBytes() const;
    // The same as a share of the ring, 0 to 100 (Spec PSD-008 §3.3, ring buffer pressure).
    uint8_t fillPercent() const;
    uint64_t lapCount() const { return lap_count_; }
    uint64_t unreadableCount() const { return unreadable_count_; }

  private:
    // What a walk over copied bytes found.
    struct Walk {
        size_t bytes = 0;         // of complete events from where it began
        size_t wanted_bytes = 0;  // size of the event behind them that was cut off; 0 when none
        bool corrupt = false;     // behind them is no event
    };

    enum class Check { Good, Lapped, Doubtful };

    // A copy that may hold what was not published yet (see ring_reader.cpp), kept until that is
    // known.
    struct Doubt {
        std::vector<uint8_t> copy;
        uint64_t available = 0;
        uint64_t write_position = 0;  // right after it was made
    };

    Walk walkCopy(std::span<const uint8_t> copy, uint64_t available, size_t events_max);
    Check settle(std::span<const uint8_t> copy, uint64_t available, size_t events_max, bool frozen,
                 size_t& skipped, Walk& walk);
    std::optional<ReadOutcome> resolveDoubt(EventBuffer& out, size_t events_max, size_t room);
    bool followsOn() const;
    bool headersMatch(std::span<const uint8_t> copy, size_t begin) const;
    bool sameInRing(std::span<const uint8_t> copy, size_t begin, size_t bytes) const;
    bool awaitPublication(uint64_t write_position) const;
    bool somethingNew() const;
    bool sleepUntilNews(const base::Clock& clock, int64_t timeout_ns);
    void passOver(size_t bytes);
    ReadOutcome noteUnreadable(uint64_t write_position);
    void lapTo(uint64_t tail);

    std::unique_ptr<kmes::RingMapping> mapping_;
    uint64_t generation_;
    uint64_t read_position_;
    uint64_t seen_write_position_;
    uint64_t last_sequence_ = 0;        // of this ring
    uint64_t known_sequence_;           // published for certain, in this ring or before
    std::optional<uint64_t> quiet_at_;  // write_pos that a whole wait did not change
    std::optional<Doubt> doubt_;
    std::vector<kmes::EventFrame> frames_;

    // The slot that could not be read, and where the writer was then.
    bool stuck_ = false;
    uint64_t stuck_position_ = 0;
    uint64_t stuck_write_position_ = 0;

    uint64_t lap_count_ = 0;
    uint64_t unreadable_count_ = 0;
};

}  // namespace evd::collector
