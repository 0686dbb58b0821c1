#include "common/base/interval_set.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

using evd::base::Interval;
using evd::base::IntervalSet;
using Intervals = std::vector<Interval>;

namespace {

constexpr uint64_t kGreatest = std::numeric_limits<uint64_t>::max();

IntervalSet setOf(const Intervals& intervals) {
    IntervalSet set;
    for (const Interval& interval : intervals) {
        set.add(interval);
    }
    return set;
}

// The intervals of lower..upper for which a number is (or is not) in the model.
Intervals runsOf(const std::set<uint64_t>& model, Interval range, bool wanted) {
    Intervals runs;
    for (uint64_t number = range.first; number <= range.last; ++number) {
        if (model.contains(number) != wanted) {
            continue;
        }
        if (!runs.empty() && runs.back().last + 1 == number) {
            runs.back().last = number;
        } else {
            runs.push_back({number, number});
        }
    }
    return runs;
}

}  // namespace

TEST_CASE("interval set: an empty one holds nothing") {
    const IntervalSet set;
    CHECK(set.empty());
    CHECK(set.greatest() == 0);
    CHECK_FALSE(set.contains(0));
    CHECK_FALSE(set.intersects({0, kGreatest}));
    CHECK(set.missingFrom({3, 5}) == Intervals{{3, 5}});
}

TEST_CASE("interval set: neighbours become one interval, in any order") {
    CHECK(setOf({{1, 4}, {5, 9}}).intervals() == Intervals{{1, 9}});
    CHECK(setOf({{5, 9}, {1, 4}}).intervals() == Intervals{{1, 9}});
    CHECK(setOf({{1, 2}, {6, 9}, {3, 5}}).intervals() == Intervals{{1, 9}});
    CHECK(setOf({{1, 3}, {5, 9}}).intervals() == Intervals{{1, 3}, {5, 9}});
}

TEST_CASE("interval set: a wide interval swallows what lies in it") {
    CHECK(setOf({{2, 3}, {5, 5}, {9, 9}, {1, 7}}).intervals() == Intervals{{1, 7}, {9, 9}});
    CHECK(setOf({{1, 9}, {3, 4}}).intervals() == Intervals{{1, 9}});
}

TEST_CASE("interval set: removing cuts, splits and clears") {
    IntervalSet set = setOf({{1, 9}});
    set.remove({4, 5});
    CHECK(set.intervals() == Intervals{{1, 3}, {6, 9}});
    set.remove({3, 6});
    CHECK(set.intervals() == Intervals{{1, 2}, {7, 9}});
    set.remove({10, kGreatest});
    CHECK(set.intervals() == Intervals{{1, 2}, {7, 9}});
    set.remove({0, kGreatest});
    CHECK(set.empty());
}

TEST_CASE("interval set: the ends of the number range do not overflow") {
    IntervalSet set = setOf({{kGreatest - 1, kGreatest}, {0, 0}});
    CHECK(set.intervalCount() == 2);
    CHECK(set.greatest() == kGreatest);
    CHECK(set.missingFrom({0, kGreatest}) == Intervals{{1, kGreatest - 2}});
    set.add({1, kGreatest - 2});
    CHECK(set.intervals() == Intervals{{0, kGreatest}});
    CHECK(set.missingFrom({0, kGreatest}).empty());
    CHECK(set.containsAll({0, kGreatest}));
    set.remove({kGreatest, kGreatest});
    CHECK(set.intervals() == Intervals{{0, kGreatest - 1}});
    set.remove({0, 0});
    CHECK(set.intervals() == Intervals{{1, kGreatest - 1}});
}

TEST_CASE("interval set: holding all of an interval and touching it are different questions") {
    const IntervalSet set = setOf({{3, 5}, {7, 9}});
    CHECK(set.containsAll({3, 5}));
    CHECK_FALSE(set.containsAll({3, 6}));
    CHECK_FALSE(set.containsAll({5, 7}));
    CHECK_FALSE(set.containsAll({2, 3}));
    CHECK(set.intersects({5, 7}));
    CHECK(set.intersects({0, 3}));
    CHECK_FALSE(set.intersects({6, 6}));
    CHECK_FALSE(set.intersects({10, 20}));
    CHECK_FALSE(set.intersects({0, 2}));
}

TEST_CASE("interval set: behaves like a set of numbers through random additions and removals") {
    constexpr uint64_t kNumberMax = 120;
    const auto seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    const auto pick = [&](uint64_t max) {
        return std::uniform_int_distribution<uint64_t>(0, max)(random);
    };
    IntervalSet set;
    std::set<uint64_t> model;
    for (int round = 0; round < 4000; ++round) {
        const uint64_t first = pick(kNumberMax);
        const Interval interval{first, std::min(kNumberMax, first + pick(12))};
        const bool adds = pick(99) < 55;
        for (uint64_t number = interval.first; number <= interval.last; ++number) {
            adds ? (void)model.insert(number) : (void)model.erase(number);
        }
        adds ? set.add(interval) : set.remove(interval);
        CAPTURE(round);
        REQUIRE(set.intervals() == runsOf(model, {0, kNumberMax}, true));
        REQUIRE(set.greatest() == (model.empty() ? 0 : *model.rbegin()));
        const uint64_t probe_first = pick(kNumberMax);
        const Interval probe{probe_first, probe_first + pick(20)};
        const Intervals missing = runsOf(model, probe, false);
        REQUIRE(set.missingFrom(probe) == missing);
        REQUIRE(set.containsAll(probe) == missing.empty());
        REQUIRE(set.intersects(probe) == !runsOf(model, probe, true).empty());
        REQUIRE(set.contains(probe.first) == model.contains(probe.first));
    }
}
