#include "queryd/exec/time_ranges.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

}  // namespace

int64_t earlierBy(int64_t moment, int64_t ns) {
    int64_t earlier = 0;
    return __builtin_sub_overflow(moment, ns, &earlier) ? kFirst : earlier;
}

int64_t laterBy(int64_t moment, int64_t ns) {
    int64_t later = 0;
    return __builtin_add_overflow(moment, ns, &later) ? kLast : later;
}

TimeRange rangeAround(int64_t moment, int64_t half_ns) {
    return {earlierBy(moment, half_ns), laterBy(laterBy(moment, half_ns), 1)};
}

TimeRanges TimeRanges::around(std::vector<int64_t>& moments, int64_t half_ns) {
    std::sort(moments.begin(), moments.end());
    TimeRanges all;
    for (const int64_t moment : moments) {
        all.append(rangeAround(moment, half_ns));
    }
    return all;
}

void TimeRanges::append(const TimeRange& range) {
    if (range.since_ns >= range.until_ns) {
        return;
    }
    if (!ranges_.empty() && range.since_ns <= ranges_.back().until_ns) {
        ranges_.back().until_ns = std::max(ranges_.back().until_ns, range.until_ns);
    } else {
        ranges_.push_back(range);
    }
}

bool TimeRanges::contains(int64_t moment) const {
    const auto beyond = std::upper_bound(
        ranges_.begin(), ranges_.end(), moment,
        [](int64_t wanted, const TimeRange& range) { return wanted < range.since_ns; });
    if (beyond == ranges_.begin()) {
        return false;
    }
    const int64_t until = std::prev(beyond)->until_ns;
    return moment < until || until == kLast;
}

TimeRanges TimeRanges::unitedWith(const TimeRanges& other) const {
    TimeRanges both;
    auto left = ranges_.begin();
    auto right = other.ranges_.begin();
    while (left != ranges_.end() || right != other.ranges_.end()) {
        const bool takes_left = right == other.ranges_.end() ||
                                (left != ranges_.end() && left->since_ns <= right->since_ns);
        both.append(takes_left ? *left++ : *right++);
    }
    return both;
}

TimeRanges TimeRanges::intersectedWith(const TimeRanges& other) const {
    TimeRanges both;
    auto left = ranges_.begin();
    auto right = other.ranges_.begin();
    while (left != ranges_.end() && right != other.ranges_.end()) {
        both.append(
            {std::max(left->since_ns, right->since_ns), std::min(left->until_ns, right->until_ns)});
        // Whichever ends first meets nothing more.
        if (left->until_ns < right->until_ns) {
            ++left;
        } else {
            ++right;
        }
    }
    return both;
}

TimeRanges TimeRanges::complementIn(const TimeRange& bounds) const {
    TimeRanges rest;
    int64_t from = bounds.since_ns;
    for (const TimeRange& range : ranges_) {
        if (range.since_ns >= bounds.until_ns) {
            break;
        }
        if (from < range.since_ns) {
            rest.append({from, range.since_ns});
        }
        from = std::max(from, range.until_ns);
    }
    rest.append({from, bounds.until_ns});
    return rest;
}

double TimeRanges::totalNs() const {
    double total = 0;
    for (const TimeRange& range : ranges_) {
        total += static_cast<double>(range.until_ns) - static_cast<double>(range.since_ns);
    }
    return total;
}

TimeRange TimeRanges::hull() const {
    return isEmpty() ? TimeRange{0, 0}
                     : TimeRange{ranges_.front().since_ns, ranges_.back().until_ns};
}

}  // namespace evd::queryd
