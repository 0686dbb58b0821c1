#pragma once

#include "queryd/plan/condition.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evd::queryd {

// A set of moments, kept as ranges that are in order, do not overlap and do not touch.
//
// What a condition on another store comes to (Spec §8.5): once it is a set of moments, AND, OR and
// NOT are intersection, union and complement, and judging a record is one binary search. Ranges are
// half open; one that ends at the greatest moment there is has no end, so that this moment is in it
// too, as in a plan's range. Operations are linear in the ranges. No limit of its own: whoever
// fills it bounds it (kCrossRangesMax). A plain value; pure.
class TimeRanges {
  public:
    TimeRanges() = default;
    explicit TimeRanges(const TimeRange& range) { append(range); }
    // Everything within half_ns of one of the moments, both ends included. Sorts the moments.
    static TimeRanges around(std::vector<int64_t>& moments, int64_t half_ns);

    // Adds a range that begins no earlier than any before it; an empty one adds nothing.
    void append(const TimeRange& range);

    bool contains(int64_t moment) const;
    TimeRanges unitedWith(const TimeRanges& other) const;
    TimeRanges intersectedWith(const TimeRanges& other) const;
    // What of the bounds is not in the set.
    TimeRanges complementIn(const TimeRange& bounds) const;

    bool isEmpty() const { return ranges_.empty(); }
    size_t count() const { return ranges_.size(); }
    std::span<const TimeRange> ranges() const { return ranges_; }
    double totalNs() const;
    // From the first moment to the last one; an empty range when there is none.
    TimeRange hull() const;

    bool operator==(const TimeRanges&) const = default;

  private:
    std::vector<TimeRange> ranges_;
};

// The range of the moments that are no farther than half_ns away, both ends included.
TimeRange rangeAround(int64_t moment, int64_t half_ns);
// Sums that stop at the ends of time.
int64_t earlierBy(int64_t moment, int64_t ns);
int64_t laterBy(int64_t moment, int64_t ns);

}  // namespace evd::queryd
