#include "queryd/exec/time_ranges.h"

#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <set>
#include <vector>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
constexpr int64_t kEnd = 60;  // of the moments that random sets are about
constexpr TimeRange kBounds = {0, kEnd};

TimeRanges rangesOf(std::initializer_list<TimeRange> list) {
    TimeRanges ranges;
    for (const TimeRange& range : list) {
        ranges.append(range);
    }
    return ranges;
}

// A set of moments twice: as ranges, and moment by moment.
struct Both {
    TimeRanges ranges;
    std::set<int64_t> moments;
};

Both randomSet(std::mt19937_64& random) {
    Both both;
    int64_t from = 0;
    for (size_t i = random() % 8; i > 0; --i) {
        from += static_cast<int64_t>(random() % 12);
        const int64_t until = std::min(kEnd, from + static_cast<int64_t>(random() % 10));
        both.ranges.append({from, until});
        for (int64_t moment = from; moment < until; ++moment) {
            both.moments.insert(moment);
        }
    }
    return both;
}

bool isTheSame(const TimeRanges& ranges, const std::set<int64_t>& moments) {
    for (int64_t moment = -5; moment < kEnd + 5; ++moment) {
        if (ranges.contains(moment) != moments.contains(moment)) {
            return false;
        }
    }
    return true;
}

// In order, not empty, neither overlapping nor touching.
bool isTidy(const TimeRanges& ranges) {
    int64_t last = kFirst;
    for (const TimeRange& range : ranges.ranges()) {
        if (range.since_ns >= range.until_ns || (last != kFirst && range.since_ns <= last)) {
            return false;
        }
        last = range.until_ns;
    }
    return true;
}

}  // namespace

TEST_CASE("time ranges: what touches or overlaps becomes one range, what is empty adds nothing") {
    const TimeRanges ranges = rangesOf({{1, 3}, {3, 5}, {4, 4}, {4, 8}, {5, 6}, {9, 10}, {12, 11}});
    CHECK(ranges == rangesOf({{1, 8}, {9, 10}}));
    CHECK(ranges.count() == 2);
    CHECK(ranges.hull() == TimeRange{1, 10});
}

TEST_CASE("time ranges: a range has its beginning in it and not its end") {
    const TimeRanges ranges = rangesOf({{10, 20}, {30, 31}});
    CHECK_FALSE(ranges.contains(9));
    CHECK(ranges.contains(10));
    CHECK(ranges.contains(19));
    CHECK_FALSE(ranges.contains(20));
    CHECK(ranges.contains(30));
    CHECK_FALSE(ranges.contains(31));
}

TEST_CASE("time ranges: nothing has an empty hull and all of time as its complement") {
    const TimeRanges nothing;
    CHECK(nothing.hull().since_ns == nothing.hull().until_ns);
    CHECK(nothing.complementIn(TimeRange()) == TimeRanges(TimeRange()));
    CHECK(TimeRanges(TimeRange()).complementIn(TimeRange()).isEmpty());
}

TEST_CASE("time ranges: the ends of time are moments like others") {
    const TimeRanges everything{TimeRange()};
    CHECK(everything.contains(kFirst));
    CHECK(everything.contains(kLast));
    CHECK(rangeAround(kFirst, 10) == TimeRange{kFirst, kFirst + 11});
    CHECK(rangeAround(kLast - 3, 10) == TimeRange{kLast - 13, kLast});
    CHECK(TimeRanges(rangeAround(kLast, 10)).contains(kLast));
}

TEST_CASE("time ranges: around moments, both ends are within") {
    std::vector<int64_t> moments = {100, 10, 20, 31};
    const TimeRanges ranges = TimeRanges::around(moments, 5);
    CHECK(ranges == rangesOf({{5, 26}, {26, 37}, {95, 106}}));
    CHECK(ranges.contains(95));
    CHECK(ranges.contains(105));
    CHECK_FALSE(ranges.contains(94));
    CHECK_FALSE(ranges.contains(106));
}

TEST_CASE("time ranges: operations are those of sets, for random sets") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20'000; ++round) {
        const Both left = randomSet(random);
        const Both right = randomSet(random);
        std::set<int64_t> any = left.moments;
        any.insert(right.moments.begin(), right.moments.end());
        std::set<int64_t> both;
        std::set<int64_t> rest;
        for (int64_t moment = 0; moment < kEnd; ++moment) {
            if (left.moments.contains(moment) && right.moments.contains(moment)) {
                both.insert(moment);
            }
            if (!left.moments.contains(moment)) {
                rest.insert(moment);
            }
        }
        const TimeRanges united = left.ranges.unitedWith(right.ranges);
        const TimeRanges common = left.ranges.intersectedWith(right.ranges);
        const TimeRanges complement = left.ranges.complementIn(kBounds);
        REQUIRE(isTheSame(left.ranges, left.moments));
        REQUIRE(isTheSame(united, any));
        REQUIRE(isTheSame(common, both));
        REQUIRE(isTheSame(complement, rest));
        REQUIRE(isTidy(united));
        REQUIRE(isTidy(common));
        REQUIRE(isTidy(complement));
        REQUIRE(complement.complementIn(kBounds) == left.ranges);
        REQUIRE(left.ranges.unitedWith(complement) == TimeRanges(kBounds));
    }
}

}  // namespace evd::queryd
