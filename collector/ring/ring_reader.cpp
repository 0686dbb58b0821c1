// How events get out of a ring that is being overwritten (Spec PSD-003 §5.1, read protocol).
//
// A chunk of everything between the read position and write_pos is copied blindly, and only the
// copy is looked at. Then the tail is read again. Every byte at or behind the new tail was intact
// while we copied, because a writer moves the tail before it writes; what lies before the new tail
// is dropped and the walk over the copy begins at the tail, which is always the beginning of an
// event. So a reader that is being lapped still keeps the part of each chunk that it was quick
// enough for.
//
// Kernels publish the tail after the bytes for events from userspace (D-5), so a copy may hold what
// an unpublished batch has written over the oldest events. Two signs give that away. Either the
// writer came while we copied: then a header in the copy differs from the ring by now (Ruling K1).
// Or it had been there before, and by chance one of its events begins where an old one did: then
// the run begins with a jump in the sequence, for what is not published has greater numbers than
// anything that is. With either sign the copy is in doubt, sizes least to be believed, since a
// payload may be made to look like events. The next publication settles it: whatever was in flight
// while we copied lies before the tail that comes with it. Publications are microseconds apart
// under load, so we wait for one on the spot; when none comes the copy is kept and the caller goes
// to sleep. If a whole sleep brings none either, nothing was in flight, and the copy stands if the
// ring still says the same.
//
// What fails its checks and yet stays the same in the ring is damage. Nobody will repair it, but a
// writer in the middle of something may still overwrite it; so it is given one more try after
// write_pos has moved and then everything up to write_pos is given up (Ruling K1).

#include "collector/ring/ring_reader.h"

#include "common/kmes/futex.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace evd::collector {

using kmes::EventFrame;
using kmes::kEventHeaderBytes;

namespace {

// How often a chunk is copied anew in one call before the caller gets its turn.
constexpr int kAttemptsMax = 16;
// How often write_pos is looked at while a writer is about to publish; some 50 microseconds.
constexpr int kPublicationLooksMax = 1000;
// Ruling S11: greater sequence numbers fit no store. None is ever reached by counting.
constexpr uint64_t kSequenceMax = std::numeric_limits<int64_t>::max();

void relaxProcessor() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

}  // namespace

RingReader::RingReader(std::unique_ptr<kmes::RingMapping> mapping, uint64_t generation,
                       uint64_t known_sequence)
    : mapping_(std::move(mapping)),
      generation_(generation),
      read_position_(mapping_->tailPosition()),
      seen_write_position_(read_position_),
      known_sequence_(known_sequence) {}

uint64_t RingReader::unreadBytes() const {
    const uint64_t write_position = mapping_->writePosition();
    return write_position > read_position_
               ? std::min(write_position - read_position_, mapping_->capacity())
               : 0;
}

uint8_t RingReader::fillPercent() const {
    // In hundredths of the capacity, which is at least a page, so that nothing overflows.
    const uint64_t hundredth = mapping_->capacity() / 100;
    return static_cast<uint8_t>(std::min<uint64_t>(unreadBytes() / hundredth, 100));
}

ReadOutcome RingReader::readRun(EventBuffer& out, size_t events_max, size_t bytes_max) {
    frames_.clear();
    const size_t room = bytes_max > out.size() ? bytes_max - out.size() : 0;
    if (doubt_) {
        const auto outcome = resolveDoubt(out, events_max, room);
        if (outcome) {
            return *outcome;
        }
    }
    uint64_t wanted = std::min(room, kChunkBytes);
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        // A ring that was replaced is written no more, so nothing in it can be in flight.
        const bool frozen = generationChanged();
        seen_write_position_ = mapping_->writePosition();
        const uint64_t tail = mapping_->tailPosition();
        if (read_position_ < tail) {
            lapTo(tail);
        }
        if (read_position_ >= seen_write_position_) {
            // Behind write_pos only for as long as the writer is between its two stores.
            if (read_position_ == seen_write_position_) {
                return ReadOutcome::Nothing;
            }
            continue;
        }
        const uint64_t available = seen_write_position_ - read_position_;
        if (available > mapping_->capacity()) {
            return noteUnreadable(seen_write_position_);
        }
        if (room == 0) {
            return ReadOutcome::NoRoom;
        }
        const size_t count = std::min(available, wanted);
        out.makeRoom(count);
        std::memcpy(out.end(), mapping_->at(read_position_), count);
        size_t skipped = 0;
        Walk walk;
        const std::span<const uint8_t> copy(out.end(), count);
        switch (settle(copy, available, events_max, frozen, skipped, walk)) {
            case Check::Doubtful:
                // What settles it comes behind what we knew when the copy was made, so that is what
                // a wait must look for.
                seen_write_position_ = doubt_->write_position;
                return ReadOutcome::Unreadable;
            case Check::Lapped:
                continue;
            case Check::Good:
                break;
        }
        if (skipped > 0) {
            lapTo(read_position_ + skipped);
        }
        if (!frames_.empty()) {
            const size_t run_start = out.size();
            out.grow(skipped + walk.bytes);
            out.erase(run_start, skipped);
            passOver(walk.bytes);
            return ReadOutcome::Events;
        }
        if (walk.corrupt) {
            return noteUnreadable(seen_write_position_);
        }
        if (!out.empty() && (walk.wanted_bytes == 0 || walk.wanted_bytes > room)) {
            return ReadOutcome::NoRoom;
        }
        wanted = std::max<uint64_t>(walk.wanted_bytes, kEventHeaderBytes);
    }
    return ReadOutcome::Nothing;
}

// The frames at hand, so many bytes of the ring, are accepted.
void RingReader::passOver(size_t bytes) {
    stuck_ = false;
    last_sequence_ = frames_.back().sequence;
    known_sequence_ = std::max(known_sequence_, last_sequence_);
    read_position_ += bytes;
}

// Looks again at a copy that was in doubt. Nothing when it is to be made anew.
std::optional<ReadOutcome> RingReader::resolveDoubt(EventBuffer& out, size_t events_max,
                                                    size_t room) {
    const uint64_t write_position = mapping_->writePosition();
    const uint64_t tail = mapping_->tailPosition();
    const bool published = write_position != doubt_->write_position;
    if (generationChanged()) {
        doubt_.reset();
        return std::nullopt;
    }
    if (!published && quiet_at_ != write_position) {
        return ReadOutcome::Unreadable;
    }
    const std::span<const uint8_t> copy(doubt_->copy);
    const size_t skipped = tail > read_position_ ? tail - read_position_ : 0;
    Walk walk;
    if (skipped < copy.size()) {
        walk = walkCopy(copy.subspan(skipped), doubt_->available - skipped, events_max);
    }
    if (frames_.empty() || (!published && !sameInRing(copy, skipped, walk.bytes))) {
        frames_.clear();
        doubt_.reset();
        return std::nullopt;
    }
    if (walk.bytes > room && !out.empty()) {
        frames_.clear();
        return ReadOutcome::NoRoom;
    }
    if (skipped > 0) {
        lapTo(read_position_ + skipped);
    }
    out.makeRoom(walk.bytes);
    std::memcpy(out.end(), copy.data() + skipped, walk.bytes);
    out.grow(walk.bytes);
    passOver(walk.bytes);
    doubt_.reset();
    return ReadOutcome::Events;
}

// Reads complete events off the copy into frames_. Only the copy is touched, so nothing moves under
// our eyes.
RingReader::Walk RingReader::walkCopy(std::span<const uint8_t> copy, uint64_t available,
                                      size_t events_max) {
    frames_.clear();
    Walk walk;
    uint64_t last_sequence = last_sequence_;
    const uint64_t event_bytes_max = kmes::eventBytesMaxOf(mapping_->capacity());
    while (walk.bytes < copy.size() && frames_.size() < events_max) {
        const auto rest = copy.subspan(walk.bytes);
        const uint64_t rest_available = available - walk.bytes;
        if (rest.size() < kEventHeaderBytes && rest_available >= kEventHeaderBytes) {
            return walk;  // Cut off before its size is known.
        }
        EventFrame frame;
        if (!kmes::readEventFrame(rest, rest_available, frame) ||
            frame.event_bytes > event_bytes_max || frame.cpu != mapping_->cpu() ||
            frame.sequence <= last_sequence || frame.sequence > kSequenceMax) {
            walk.corrupt = true;
            return walk;
        }
        if (frame.event_bytes > rest.size()) {
            walk.wanted_bytes = frame.event_bytes;
            return walk;
        }
        last_sequence = frame.sequence;
        frames_.push_back(frame);
        walk.bytes += frame.event_bytes;
    }
    return walk;
}

// Finds the part of a fresh copy that can be trusted: begins at `skipped`, described by `walk`.
RingReader::Check RingReader::settle(std::span<const uint8_t> copy, uint64_t available,
                                     size_t events_max, bool frozen, size_t& skipped, Walk& walk) {
    bool confirmed = frozen;
    while (true) {
        // The copy must be complete before the positions are read.
        std::atomic_thread_fence(std::memory_order_acquire);
        const uint64_t write_position = mapping_->writePosition();
        const uint64_t tail = mapping_->tailPosition();
        skipped = tail > read_position_ ? tail - read_position_ : 0;
        if (skipped >= copy.size()) {
            return Check::Lapped;
        }
        walk = walkCopy(copy.subspan(skipped), available - skipped, events_max);
        if (confirmed || frames_.empty() || (followsOn() && headersMatch(copy, skipped))) {
            return Check::Good;
        }
        if (!awaitPublication(write_position)) {
            doubt_ = Doubt{{copy.begin(), copy.end()}, available, write_position};
            frames_.clear();
            return Check::Doubtful;
        }
        confirmed = true;
    }
}

// True when the run begins with an event that must be published: not past the one that follows the
// newest we know of.
bool RingReader::followsOn() const {
    return !frames_.empty() && frames_.front().sequence <= known_sequence_ + 1;
}

bool RingReader::headersMatch(std::span<const uint8_t> copy, size_t begin) const {
    size_t at = begin;
    for (const EventFrame& frame : frames_) {
        if (std::memcmp(copy.data() + at, mapping_->at(read_position_ + at), kEventHeaderBytes) !=
            0) {
            return false;
        }
        at += frame.event_bytes;
    }
    return true;
}

bool RingReader::sameInRing(std::span<const uint8_t> copy, size_t begin, size_t bytes) const {
    return std::memcmp(copy.data() + begin, mapping_->at(read_position_ + begin), bytes) == 0;
}

bool RingReader::awaitPublication(uint64_t write_position) const {
    for (int look = 0; look < kPublicationLooksMax; ++look) {
        if (mapping_->writePosition() != write_position) {
            return true;
        }
        relaxProcessor();
    }
    return false;
}

ReadOutcome RingReader::noteUnreadable(uint64_t write_position) {
    if (stuck_ && stuck_position_ == read_position_ && stuck_write_position_ != write_position) {
        ++unreadable_count_;
        read_position_ = write_position;
        stuck_ = false;
        return ReadOutcome::Nothing;
    }
    if (!stuck_ || stuck_position_ != read_position_) {
        stuck_ = true;
        stuck_position_ = read_position_;
        stuck_write_position_ = write_position;
    }
    return ReadOutcome::Unreadable;
}

void RingReader::lapTo(uint64_t tail) {
    read_position_ = tail;
    stuck_ = false;
    ++lap_count_;
}

void RingReader::skipToEnd() {
    read_position_ = mapping_->writePosition();
    seen_write_position_ = read_position_;
    stuck_ = false;
    doubt_.reset();
    ++unreadable_count_;
}

bool RingReader::somethingNew() const {
    return mapping_->writePosition() != seen_write_position_ || generationChanged();
}

// A sleep that ends early may have been ended by the wake of a publication we know of already. It
// goes on then: only a wait that was quiet to its end proves anything.
bool RingReader::sleepUntilNews(const base::Clock& clock, int64_t timeout_ns) {
    const int64_t until_ns = clock.monotonicNs() + timeout_ns;
    int64_t left_ns = timeout_ns;
    do {
        mapping_->setNeedWake(true);
        // Ruling K2: the flag must be out before write_pos is looked at again (D-4).
        std::atomic_thread_fence(std::memory_order_seq_cst);
        // Read before the look, so that a wake between look and sleep is not slept through.
        const uint32_t counter = mapping_->futexCounter();
        if (somethingNew()) {
            break;
        }
        kmes::waitOnFutex(mapping_->futexWord(), counter, left_ns);
        left_ns = until_ns - clock.monotonicNs();
    } while (left_ns > 0);
    mapping_->setNeedWake(false);
    return somethingNew();
}

bool RingReader::waitForEvents(const base::Clock& clock, int64_t spin_ns, int64_t timeout_ns) {
    quiet_at_.reset();
    if (spin_ns > 0) {
        const int64_t until = clock.monotonicNs() + spin_ns;
        do {
            if (somethingNew()) {
                return true;
            }
            relaxProcessor();
        } while (clock.monotonicNs() < until);
    }
    if (sleepUntilNews(clock, timeout_ns)) {
        return true;
    }
    quiet_at_ = seen_write_position_;
    return false;
}

}  // namespace evd::collector
