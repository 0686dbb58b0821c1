#include "common/base/interval_set.h"

#include "common/base/check.h"

#include <algorithm>
#include <iterator>

namespace evd::base {

void IntervalSet::add(Interval interval) {
    EVD_CHECK(interval.first <= interval.last, "an interval must not be reversed");
    auto at = by_first_.upper_bound(interval.first);
    if (at != by_first_.begin()) {
        const auto before = std::prev(at);
        // Touching counts: 1..4 and 5..9 are one interval. The comparison avoids last + 1
        // overflowing.
        if (before->second >= interval.first || interval.first - before->second == 1) {
            interval.first = before->first;
            interval.last = std::max(interval.last, before->second);
            at = by_first_.erase(before);
        }
    }
    while (at != by_first_.end() &&
           (at->first <= interval.last || at->first - interval.last == 1)) {
        interval.last = std::max(interval.last, at->second);
        at = by_first_.erase(at);
    }
    by_first_.emplace(interval.first, interval.last);
}

void IntervalSet::remove(Interval interval) {
    EVD_CHECK(interval.first <= interval.last, "an interval must not be reversed");
    auto at = by_first_.upper_bound(interval.first);
    if (at != by_first_.begin() && std::prev(at)->second >= interval.first) {
        --at;
    }
    while (at != by_first_.end() && at->first <= interval.last) {
        const Interval old{at->first, at->second};
        at = by_first_.erase(at);
        if (old.first < interval.first) {
            by_first_.emplace(old.first, interval.first - 1);
        }
        if (old.last > interval.last) {
            at = by_first_.emplace(interval.last + 1, old.last).first;
            return;
        }
    }
}

bool IntervalSet::contains(uint64_t number) const {
    return containsAll({number, number});
}

bool IntervalSet::containsAll(Interval interval) const {
    const auto after = by_first_.upper_bound(interval.first);
    return after != by_first_.begin() && std::prev(after)->second >= interval.last;
}

bool IntervalSet::intersects(Interval interval) const {
    const auto after = by_first_.upper_bound(interval.last);
    return after != by_first_.begin() && std::prev(after)->second >= interval.first;
}

std::vector<Interval> IntervalSet::missingFrom(Interval interval) const {
    EVD_CHECK(interval.first <= interval.last, "an interval must not be reversed");
    std::vector<Interval> missing;
    auto at = by_first_.upper_bound(interval.first);
    if (at != by_first_.begin()) {
        --at;
    }
    uint64_t next = interval.first;
    for (; at != by_first_.end() && at->first <= interval.last; ++at) {
        if (at->second < next) {
            continue;
        }
        if (at->first > next) {
            missing.push_back({next, at->first - 1});
        }
        if (at->second >= interval.last) {
            return missing;
        }
        next = at->second + 1;
    }
    missing.push_back({next, interval.last});
    return missing;
}

uint64_t IntervalSet::greatest() const {
    return by_first_.empty() ? 0 : by_first_.rbegin()->second;
}

std::vector<Interval> IntervalSet::intervals() const {
    std::vector<Interval> all;
    all.reserve(by_first_.size());
    for (const auto& [first, last] : by_first_) {
        all.push_back({first, last});
    }
    return all;
}

}  // namespace evd::base
