#include "store/cpu_lane.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Verdict = CpuLane::Verdict;

base::IntervalSet held(uint64_t first, uint64_t last) {
    base::IntervalSet set;
    set.add({first, last});
    return set;
}

TEST_CASE("cpu lane: a new run is taken whole, once committed it is held") {
    CpuLane lane({});
    const auto admission = lane.admit({1, 10});
    CHECK(admission.verdict == Verdict::Take);
    CHECK(admission.wanted == std::vector<base::Interval>{{1, 10}});
    CHECK_FALSE(lane.isIdle());
    lane.committed({1, 10});
    CHECK(lane.isIdle());
    CHECK(lane.admit({1, 10}).verdict == Verdict::AlreadyHeld);
    CHECK(lane.accounted().greatest() == 10);
}

TEST_CASE("cpu lane: of a run that is partly held only the rest is wanted") {
    CpuLane lane(held(1, 5));
    const auto admission = lane.admit({3, 8});
    CHECK(admission.verdict == Verdict::Take);
    CHECK(admission.wanted == std::vector<base::Interval>{{6, 8}});
}

TEST_CASE("cpu lane: a run that touches queued numbers must come again") {
    CpuLane lane({});
    REQUIRE(lane.admit({1, 10}).verdict == Verdict::Take);
    CHECK(lane.admit({1, 10}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({10, 20}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({11, 20}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: behind a failed run nothing is taken until it has come again") {
    CpuLane lane({});
    REQUIRE(lane.admit({1, 10}).verdict == Verdict::Take);
    REQUIRE(lane.admit({11, 20}).verdict == Verdict::Take);
    const uint32_t epoch = lane.epoch();
    lane.failed({1, 10}, epoch);
    CHECK(lane.epoch() == epoch + 1);
    lane.failed({11, 20}, epoch);
    CHECK(lane.epoch() == epoch + 1);
    CHECK(lane.isIdle());
    CHECK(lane.admit({11, 20}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({21, 30}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({1, 10}).verdict == Verdict::Take);
    CHECK(lane.admit({11, 20}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: a failed run that is found to be stored has come when it comes again") {
    CpuLane lane({});
    REQUIRE(lane.admit({1, 10}).verdict == Verdict::Take);
    REQUIRE(lane.admit({11, 20}).verdict == Verdict::Take);
    const uint32_t epoch = lane.epoch();
    lane.committed({1, 10});
    lane.found(held(1, 20));
    lane.failed({11, 20}, epoch);
    CHECK(lane.admit({1, 10}).verdict == Verdict::AlreadyHeld);
    CHECK(lane.admit({21, 30}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({11, 20}).verdict == Verdict::AlreadyHeld);
    CHECK(lane.admit({21, 30}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: a later failure report of the same epoch does not undo a resend") {
    CpuLane lane({});
    REQUIRE(lane.admit({1, 10}).verdict == Verdict::Take);
    REQUIRE(lane.admit({11, 20}).verdict == Verdict::Take);
    lane.failed({1, 10}, 1);
    REQUIRE(lane.admit({1, 10}).verdict == Verdict::Take);
    lane.failed({11, 20}, 1);
    CHECK(lane.admit({21, 30}).verdict == Verdict::ComeAgain);
    CHECK(lane.admit({11, 20}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: a gap that covers a run that was given up may take its place") {
    CpuLane lane({});
    REQUIRE(lane.admit({5, 10}).verdict == Verdict::Take);
    lane.failed({5, 10}, lane.epoch());
    CHECK(lane.admit({5, 40}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: a new collector owes nothing to the order of the old one") {
    CpuLane lane({});
    REQUIRE(lane.admit({5, 10}).verdict == Verdict::Take);
    lane.failed({5, 10}, lane.epoch());
    lane.forgetFailures();
    CHECK(lane.admit({11, 12}).verdict == Verdict::Take);
}

TEST_CASE("cpu lane: the newest accounted interval is the last one") {
    CHECK_FALSE(CpuLane({}).newestAccounted());
    base::IntervalSet set = held(1, 5);
    set.add({9, 12});
    CHECK(CpuLane(set).newestAccounted() == base::Interval{9, 12});
}

}  // namespace
}  // namespace evd::store
