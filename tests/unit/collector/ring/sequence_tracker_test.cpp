#include "collector/ring/sequence_tracker.h"

#include <doctest/doctest.h>
#include <limits>
#include <vector>

namespace base = evd::base;
namespace wire = evd::wire;
using evd::collector::SequenceTracker;

namespace {

base::IntervalSet held(const std::vector<base::Interval>& intervals) {
    base::IntervalSet set;
    for (const auto& interval : intervals) {
        set.add(interval);
    }
    return set;
}

struct Verdict {
    bool accepted = false;
    std::vector<wire::Gap> gaps;
};

Verdict ask(SequenceTracker& tracker, uint64_t sequence) {
    Verdict verdict;
    verdict.accepted = tracker.accept(sequence, sequence * 10, verdict.gaps);
    return verdict;
}

}  // namespace

// Spec PSD-008 §2.2: without prior data the tracker is at 0, and the first event has number 1.
TEST_CASE("sequence tracker: a fresh one expects 1 and reports what came before the first event") {
    SequenceTracker tracker({});
    CHECK(tracker.followsOn(1));
    const auto first = ask(tracker, 4);
    CHECK(first.accepted);
    CHECK(first.gaps == std::vector<wire::Gap>{{1, 3, 0, 40}});
    CHECK(tracker.followsOn(5));
}

// Spec PSD-008 §2.5.
TEST_CASE("sequence tracker: a jump from 4 to 8 is one gap of three") {
    SequenceTracker tracker({});
    for (uint64_t i = 1; i <= 4; ++i) {
        CHECK(ask(tracker, i).gaps.empty());
    }
    const auto verdict = ask(tracker, 8);
    CHECK(verdict.accepted);
    CHECK(verdict.gaps == std::vector<wire::Gap>{{5, 7, 40, 80}});
}

TEST_CASE("sequence tracker: numbers below the expected one were passed on before") {
    SequenceTracker tracker({});
    ask(tracker, 1);
    ask(tracker, 2);
    const auto again = ask(tracker, 2);
    CHECK_FALSE(again.accepted);
    CHECK(again.gaps.empty());
    CHECK(ask(tracker, 3).accepted);
}

TEST_CASE("sequence tracker: what the store holds is skipped and is no gap") {
    SequenceTracker tracker(held({{1, 100}}));
    CHECK_FALSE(ask(tracker, 99).accepted);
    CHECK_FALSE(ask(tracker, 100).accepted);
    CHECK_FALSE(tracker.followsOn(100));
    CHECK(tracker.followsOn(101));
    CHECK(ask(tracker, 101).accepted);
}

TEST_CASE("sequence tracker: a ring whose tail is behind what is held reveals the loss between") {
    SequenceTracker tracker(held({{1, 100}}));
    const auto verdict = ask(tracker, 105);
    CHECK(verdict.accepted);
    CHECK(verdict.gaps == std::vector<wire::Gap>{{101, 104, 0, 1050}});
}

// Ruling S2: shards may hold later numbers while earlier ones are missing.
TEST_CASE("sequence tracker: events in the holes of what is held are sent, not reported") {
    SequenceTracker tracker(held({{1, 10}, {15, 20}}));
    std::vector<uint64_t> accepted;
    for (uint64_t i = 8; i <= 22; ++i) {
        const auto verdict = ask(tracker, i);
        CHECK(verdict.gaps.empty());
        if (verdict.accepted) {
            accepted.push_back(i);
        }
    }
    CHECK(accepted == std::vector<uint64_t>{11, 12, 13, 14, 21, 22});
}

TEST_CASE("sequence tracker: holes that the ring no longer has are gaps, held ranges never") {
    SequenceTracker tracker(held({{5, 10}, {15, 20}}));
    const auto verdict = ask(tracker, 25);
    CHECK(verdict.accepted);
    CHECK(verdict.gaps ==
          std::vector<wire::Gap>{{1, 4, 0, 250}, {11, 14, 0, 250}, {21, 24, 0, 250}});
}

TEST_CASE("sequence tracker: a held event can reveal a gap in front of it") {
    SequenceTracker tracker(held({{5, 10}}));
    const auto verdict = ask(tracker, 7);
    CHECK_FALSE(verdict.accepted);
    CHECK(verdict.gaps == std::vector<wire::Gap>{{1, 4, 0, 70}});
    CHECK(ask(tracker, 8).gaps.empty());
}

// Ruling S11.
TEST_CASE("sequence tracker: timestamps beyond what a store can say are clamped") {
    SequenceTracker tracker({});
    std::vector<wire::Gap> gaps;
    CHECK(tracker.accept(2, std::numeric_limits<uint64_t>::max(), gaps));
    REQUIRE(gaps.size() == 1);
    CHECK(gaps[0].reveal_timestamp_ns == std::numeric_limits<int64_t>::max());
    CHECK(tracker.lastTimestamp() == std::numeric_limits<int64_t>::max());
}
