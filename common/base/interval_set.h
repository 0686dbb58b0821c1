#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace evd::base {

// A closed range of sequence numbers, first <= last.
struct Interval {
    uint64_t first = 0;
    uint64_t last = 0;
    bool operator==(const Interval&) const = default;
};

// A set of sequence numbers kept as merged intervals.
//
// Takes away the bookkeeping of "which numbers do we hold" from the store (receipts) and from the
// collector (resume). Adding is O(log n) in the number of disjoint intervals, which stays small
// because numbers arrive nearly in order. No limit of its own; owners bound it. Not thread-safe.
class IntervalSet {
  public:
    // Adds first..last (first <= last), merging with what it touches or overlaps.
    void add(Interval interval);
    void remove(Interval interval);

    bool contains(uint64_t number) const;
    bool containsAll(Interval interval) const;
    bool intersects(Interval interval) const;
    // The parts of the interval that are not in the set, ascending.
    std::vector<Interval> missingFrom(Interval interval) const;
    // The greatest number in the set; 0 when empty.
    uint64_t greatest() const;

    bool empty() const { return by_first_.empty(); }
    size_t intervalCount() const { return by_first_.size(); }
    std::vector<Interval> intervals() const;

  private:
    std::map<uint64_t, uint64_t> by_first_;  // first -> last, disjoint and not adjacent
};

}  // namespace evd::base
