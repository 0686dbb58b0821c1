#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/kmes/event_header.h"
#include "common/kmes/ring_mapping.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace evd::kmes {

// What KMES adds to an event beside sequence and cpu (Spec PSD-003 §2.1). One for a whole batch.
struct EventStamp {
    uint64_t timestamp_ns = 0;
    uint8_t origin_class = kOriginUserspace;
    base::Guid effective_token;
    base::Guid true_token;
    base::Guid process;
};

// The producer's end of one ring: appends events, overwrites the oldest, wakes who sleeps.
//
// Keeps to the write protocol of Spec PSD-003 §5.1 so that any consumer of kernel rings can read
// it; never waits for a consumer. Used by kmesd and by tests, on one thread at a time. Owns its
// mapping. The next sequence number lives in a cell of the caller's, which must outlive the writer:
// kmesd keeps it in memory that survives a crash (Ruling K6), and a ring's successor goes on with
// the same cell. Events are limited to half the capacity, a batch to kEmitBatchEntriesMax. A tail
// that makes no sense (a damaged memory) loses what lies unread: the tail jumps to the write
// position, which consumers see as a gap. The consumer page is only ever read for need_wake, as
// advice.
class RingWriter {
  public:
    using SequenceCell = std::atomic<uint64_t>;
    static_assert(SequenceCell::is_always_lock_free && sizeof(SequenceCell) == sizeof(uint64_t));

    // Makes a fresh ring, generation 1, in zeroed memory. The cell is left alone; a cell of 0
    // counts as 1, the first sequence number there is.
    static std::unique_ptr<RingWriter> startFresh(std::unique_ptr<RingMapping> mapping,
                                                  SequenceCell& next_sequence);

    // Goes on with a ring that an earlier producer left, perhaps in the middle of an append: what
    // it had not published never happened, and the cell is moved behind the last published event.
    // Corrupt when the page is not that of this ring.
    static base::Result<std::unique_ptr<RingWriter>> resume(std::unique_ptr<RingMapping> mapping,
                                                            SequenceCell& next_sequence);

    // Prepares a ring of another capacity in zeroed memory: the newest events that fit, packed from
    // position 0, generation one higher, the same sequence cell (Spec §5.1, buffer swap steps 2 and
    // 3). Nothing changes here. The caller then makes the successor what consumers attach to, and
    // calls retire().
    std::unique_ptr<RingWriter> makeSuccessor(std::unique_ptr<RingMapping> mapping) const;

    // Raises this ring's generation and wakes its consumers, so that they re-attach (steps 5 and
    // 6). Nothing may be appended any more.
    void retire();

    RingWriter(const RingWriter&) = delete;
    RingWriter& operator=(const RingWriter&) = delete;

    // True when the event is no larger than half the capacity (Spec §5.1 step 5).
    bool fits(const EmitEntry& entry) const;

    // Appends all or, when one does not fit or has a type longer than kEventTypeBytesMax, none
    // (Invalid). Published at once and waking once; only a batch that overruns the whole ring is
    // published in parts.
    base::Result<void> append(const EventStamp& stamp, std::span<const EmitEntry> entries);
    base::Result<void> append(const EventStamp& stamp, const EmitEntry& entry) {
        return append(stamp, std::span(&entry, 1));
    }

    // Consumes a sequence number without an event, as KMES does when it drops one (Spec §5.1 step
    // 5).
    void dropEvent();

    uint64_t nextSequence() const { return next_sequence_.load(std::memory_order_relaxed); }
    const RingMapping& mapping() const { return *mapping_; }

  private:
    RingWriter(std::unique_ptr<RingMapping> mapping, SequenceCell& next_sequence);

    void writePage(uint64_t generation);
    uint64_t walkToTrustedEnd(uint64_t from, uint64_t end, uint64_t& last_sequence) const;
    void makeRoom(uint64_t event_bytes);
    void writeEvent(const EventStamp& stamp, const EmitEntry& entry, uint64_t sequence);
    void publish(uint64_t next_sequence);
    void wakeConsumers();

    std::unique_ptr<RingMapping> mapping_;
    SequenceCell& next_sequence_;
    ProducerPage& page_;
    uint64_t published_ = 0;  // what write_pos says
    uint64_t frontier_ = 0;   // where the next event goes; ahead of published_ inside a batch
    uint64_t tail_ = 0;
    bool retired_ = false;
};

}  // namespace evd::kmes
