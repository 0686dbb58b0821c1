#include "collector/ring/ring_follower.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::collector {

namespace {

// After spins that found nothing, so many waits go without one: 1, 2, 4 .. 64.
constexpr uint32_t kSpinBackOffMax = 6;

}  // namespace

RingFollower::RingFollower(RingSource& source, FoundRing ring, SequenceTracker tracker,
                           const base::Clock& clock)
    : source_(source),
      clock_(clock),
      cpu_(ring.mapping->cpu()),
      reader_(std::make_unique<RingReader>(std::move(ring.mapping), ring.generation,
                                           tracker.knownThrough())),
      identity_(ring.identity),
      connection_count_(source.connectionCount()),
      builder_(cpu_, std::move(tracker)) {}

RingFollower::Progress RingFollower::fill(uint32_t events_max) {
    while (true) {
        EventBuffer& buffer = builder_.buffer();
        // Room for what is there now, so that a backlog is not copied from block to block.
        const uint64_t unread = reader_->unreadBytes();
        if (unread > 0 && buffer.size() < kBatchBytesMax) {
            buffer.makeRoom(std::min<uint64_t>(unread, kBatchBytesMax - buffer.size()));
        }
        const size_t run_start = buffer.size();
        const auto outcome =
            reader_->readRun(buffer, events_max - builder_.eventCount(), kBatchBytesMax);
        if (outcome == ReadOutcome::Events) {
            active_ = true;
            builder_.addRun(run_start, reader_->frames());
            if (builder_.eventCount() < events_max && builder_.buffer().size() < kBatchBytesMax) {
                continue;
            }
        }
        builder_.finishBatch();
        switch (outcome) {
            case ReadOutcome::Events:
            case ReadOutcome::NoRoom:
                return Progress::BatchFull;
            case ReadOutcome::Nothing:
                return Progress::Drained;
            case ReadOutcome::Unreadable:
                return Progress::Unreadable;
        }
    }
}

base::Result<bool> RingFollower::followReplacement(uint32_t events_max) {
    if (!replacementDue()) {
        return false;
    }
    // Its generation is raised behind the last write, so one more look sees all there ever was.
    if (reader_->unreadBytes() > 0 && reader_->generationChanged()) {
        const uint64_t before = reader_->readPosition();
        (void)fill(events_max);
        if (reader_->readPosition() != before) {
            return true;
        }
        reader_->skipToEnd();  // A slot that nobody will repair any more.
    }
    if (reader_->inDoubt()) {
        return false;  // One more wait tells; the new ring is not going away.
    }
    const uint64_t connection_count = source_.connectionCount();
    auto found = attachCurrent(source_, cpu_);
    if (!found.ok()) {
        return found.error();
    }
    connection_count_ = connection_count;
    identity_ = found.value().identity;
    laps_before_ = lapCount();
    unreadable_before_ = unreadableCount();
    reader_ =
        std::make_unique<RingReader>(std::move(found.value().mapping), found.value().generation,
                                     builder_.tracker().knownThrough());
    ++replacement_count_;
    return true;
}

bool RingFollower::replacementDue() {
    if (reader_->generationChanged()) {
        return true;
    }
    const uint64_t connection_count = source_.connectionCount();
    if (connection_count == connection_count_) {
        return false;
    }
    // KMES was restarted. Its rings survive that (Ruling K6); if they did not, these are others.
    const auto current = source_.identify(cpu_);
    if (!current.ok()) {
        return false;  // Looked at again after the next wait.
    }
    if (current.value() == identity_) {
        connection_count_ = connection_count;
        return false;
    }
    return true;
}

void RingFollower::wait(int64_t timeout_ns) {
    int64_t spin_ns = 0;
    if (active_ && spins_to_skip_ == 0) {
        spin_ns = kRingSpinNs;
    } else if (spins_to_skip_ > 0) {
        --spins_to_skip_;
    }
    active_ = false;
    const int64_t began = spin_ns > 0 ? clock_.monotonicNs() : 0;
    (void)reader_->waitForEvents(clock_, spin_ns, timeout_ns);
    if (spin_ns == 0) {
        return;
    }
    if (clock_.monotonicNs() - began <= spin_ns) {
        spins_failed_ = 0;
    } else {
        spins_failed_ = std::min(spins_failed_ + 1, kSpinBackOffMax);
        spins_to_skip_ = uint32_t{1} << spins_failed_;
    }
}

}  // namespace evd::collector
