// Checking walks the blob once. `next_` is the sequence number that must come next: an event must
// carry it, or a gap must begin with it. Gaps are taken when their turn comes, so a gap that
// overlaps an event or comes out of order never matches and the run is refused at the event where
// it should have been. The same walk closes a slice whenever it is full, before the next gap or
// event.

#include "store/event_run.h"

#include "common/base/text.h"
#include "common/kmes/event_header.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

base::Error invalid(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

class RunWalk {
  public:
    RunWalk(const EventRun& run, uint16_t cpu_count) : run_(run), cpu_count_(cpu_count) {}

    base::Result<std::vector<RunSlice>> walk() {
        EVD_TRY(checkFrame());
        next_ = run_.first_sequence;
        openSlice(0);
        while (offset_ < run_.events.size()) {
            EVD_TRY(takeGaps());
            EVD_TRY(takeEvent());
        }
        EVD_TRY(takeGaps());
        closeSlice();
        EVD_TRY(checkEnd());
        return std::move(slices_);
    }

  private:
    base::Result<void> checkFrame() const {
        if (run_.cpu >= cpu_count_) {
            return invalid(base::cat("cpu ", run_.cpu, " of ", cpu_count_));
        }
        if (run_.first_sequence == 0 || run_.first_sequence > run_.last_sequence ||
            run_.last_sequence == std::numeric_limits<uint64_t>::max()) {
            return invalid(
                base::cat("a run from sequence ", run_.first_sequence, " to ", run_.last_sequence));
        }
        if (run_.gaps.size() > kGapsPerRunMax) {
            return invalid(base::cat("a run with ", run_.gaps.size(), " gaps"));
        }
        return {};
    }

    base::Result<void> takeGaps() {
        while (gaps_taken_ < run_.gaps.size()) {
            const wire::Gap& gap = run_.gaps[gaps_taken_];
            if (gap.first_missing > gap.last_missing || gap.last_missing > run_.last_sequence) {
                return invalid(
                    base::cat("a gap from ", gap.first_missing, " to ", gap.last_missing));
            }
            if (gap.first_missing != next_) {
                return {};
            }
            closeSliceIfFull(0);
            slice_.gaps.push_back(gap);
            next_ = gap.last_missing + 1;
            ++gaps_taken_;
        }
        return {};
    }

    base::Result<void> takeEvent() {
        const auto rest = run_.events.subspan(offset_);
        const auto decoded = kmes::decodeEventHeader(rest);
        if (!decoded) {
            return decoded.error();
        }
        const kmes::EventHeader& header = decoded.value();
        if (header.cpu != run_.cpu) {
            return invalid(
                base::cat("an event of cpu ", header.cpu, " in a run of cpu ", run_.cpu));
        }
        if (header.sequence != next_ || header.sequence > run_.last_sequence) {
            return invalid(base::cat("sequence ", header.sequence, " where ", next_, " must be"));
        }
        if (!base::isUtf8(kmes::eventType(header, rest))) {
            return invalid(base::cat("the type of event ", header.sequence, " is not UTF-8"));
        }
        closeSliceIfFull(header.event_bytes);
        ++slice_.event_count;
        ++events_taken_;
        offset_ += header.event_bytes;
        next_ = header.sequence + 1;
        return {};
    }

    base::Result<void> checkEnd() const {
        if (gaps_taken_ != run_.gaps.size()) {
            return invalid("a gap overlaps an event or is out of order");
        }
        if (next_ != run_.last_sequence + 1) {
            return invalid(
                base::cat("a run that ends at ", next_ - 1, " instead of ", run_.last_sequence));
        }
        if (events_taken_ != run_.event_count) {
            return invalid(
                base::cat("a run of ", events_taken_, " events that says ", run_.event_count));
        }
        return {};
    }

    // A slice is closed only in front of a gap or of an event without one: the event goes where the
    // gap that it revealed is, even if that makes the slice one row longer.
    void closeSliceIfFull(size_t bytes) {
        const bool event_follows_gap =
            bytes > 0 && !slice_.gaps.empty() && slice_.gaps.back().last_missing + 1 == next_;
        const size_t slice_bytes = offset_ - slice_begin_;
        if (!event_follows_gap && slice_.rows() > 0 &&
            (slice_.rows() >= kSliceRowsMax || slice_bytes + bytes > kSliceBytesMax)) {
            closeSlice();
            openSlice(offset_);
        }
    }

    void openSlice(size_t offset) {
        slice_ = {};
        slice_.covered.first = next_;
        slice_begin_ = offset;
    }

    void closeSlice() {
        slice_.covered.last = next_ - 1;
        slice_.events = run_.events.subspan(slice_begin_, offset_ - slice_begin_);
        slices_.push_back(std::move(slice_));
    }

    const EventRun& run_;
    const uint16_t cpu_count_;
    std::vector<RunSlice> slices_;
    RunSlice slice_;
    size_t slice_begin_ = 0;
    size_t offset_ = 0;
    size_t gaps_taken_ = 0;
    uint64_t events_taken_ = 0;
    uint64_t next_ = 0;
};

// The part of a slice within an interval that it meets but does not lie in.
RunSlice cutSlice(const RunSlice& slice, base::Interval wanted) {
    RunSlice part;
    part.covered = {std::max(slice.covered.first, wanted.first),
                    std::min(slice.covered.last, wanted.last)};
    for (wire::Gap gap : slice.gaps) {
        gap.first_missing = std::max(gap.first_missing, part.covered.first);
        gap.last_missing = std::min(gap.last_missing, part.covered.last);
        if (gap.first_missing <= gap.last_missing) {
            part.gaps.push_back(gap);
        }
    }
    size_t begin = 0;
    size_t end = 0;
    kmes::EventFrame frame;
    while (end < slice.events.size() && kmes::readEventFrame(slice.events.subspan(end), frame) &&
           frame.sequence <= part.covered.last) {
        end += frame.event_bytes;
        if (frame.sequence < part.covered.first) {
            begin = end;
        } else {
            ++part.event_count;
        }
    }
    part.events = slice.events.subspan(begin, end - begin);
    return part;
}

}  // namespace

base::Result<std::vector<RunSlice>> checkRun(const EventRun& run, uint16_t cpu_count) {
    return RunWalk(run, cpu_count).walk();
}

std::vector<RunSlice> restrictSlices(const std::vector<RunSlice>& slices,
                                     const std::vector<base::Interval>& wanted) {
    std::vector<RunSlice> parts;
    for (const RunSlice& slice : slices) {
        for (const base::Interval& interval : wanted) {
            if (interval.first <= slice.covered.first && slice.covered.last <= interval.last) {
                parts.push_back(slice);
            } else if (interval.first <= slice.covered.last &&
                       slice.covered.first <= interval.last) {
                parts.push_back(cutSlice(slice, interval));
            }
        }
    }
    return parts;
}

}  // namespace evd::store
