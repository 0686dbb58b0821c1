#include "store/batch_lane.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Verdict = BatchLane::Verdict;

TEST_CASE("batch lane: a number is taken once, and known once it is stored") {
    BatchLane lane(4);
    CHECK(lane.lastStored() == 4);
    CHECK(lane.admit(4) == Verdict::AlreadyStored);
    CHECK(lane.admit(5) == Verdict::Take);
    CHECK(lane.admit(5) == Verdict::ComeAgain);
    lane.committed(5);
    CHECK(lane.admit(5) == Verdict::AlreadyStored);
    CHECK(lane.lastStored() == 5);
}

TEST_CASE("batch lane: numbers may have holes, the sender drops what it cannot keep") {
    BatchLane lane;
    CHECK(lane.admit(1) == Verdict::Take);
    CHECK(lane.admit(7) == Verdict::Take);
}

TEST_CASE("batch lane: after a failure nothing behind it is taken before it comes again") {
    BatchLane lane;
    CHECK(lane.admit(1) == Verdict::Take);
    CHECK(lane.admit(2) == Verdict::Take);
    lane.failed(1, 1);
    lane.failed(2, 1);
    CHECK(lane.epoch() == 2);
    // Was on its way when the answers were given.
    CHECK(lane.admit(3) == Verdict::ComeAgain);
    CHECK(lane.admit(1) == Verdict::Take);
    CHECK(lane.admit(2) == Verdict::Take);
    CHECK(lane.admit(3) == Verdict::Take);
    CHECK(lane.admit(4) == Verdict::Take);
}

TEST_CASE("batch lane: an old failure does not end a batch that has come again meanwhile") {
    BatchLane lane;
    CHECK(lane.admit(1) == Verdict::Take);
    CHECK(lane.admit(2) == Verdict::Take);
    lane.failed(1, 1);
    CHECK(lane.admit(1) == Verdict::Take);
    lane.failed(2, 1);
    CHECK(lane.epoch() == 2);
    CHECK(lane.admit(1) == Verdict::ComeAgain);
    CHECK(lane.admit(2) == Verdict::Take);
}

// All of 5 to 8 are refused and come again; then 6 fails while 7 and 8 are on their way.
TEST_CASE("batch lane: what an earlier failure refused is refused behind a new one too") {
    BatchLane lane(4);
    CHECK(lane.admit(5) == Verdict::Take);
    lane.failed(5, 1);
    for (uint64_t number = 6; number <= 8; ++number) {
        CHECK(lane.admit(number) == Verdict::ComeAgain);
    }
    CHECK(lane.admit(5) == Verdict::Take);
    CHECK(lane.admit(6) == Verdict::Take);
    lane.committed(5);
    lane.failed(6, 2);
    CHECK(lane.admit(7) == Verdict::ComeAgain);
    CHECK(lane.admit(8) == Verdict::ComeAgain);
    CHECK(lane.admit(6) == Verdict::Take);
    CHECK(lane.admit(7) == Verdict::Take);
}

TEST_CASE("batch lane: however late what was behind a failure arrives, it has to come again") {
    BatchLane lane;
    CHECK(lane.admit(1) == Verdict::Take);
    lane.failed(1, 1);
    for (uint64_t number = 2; number < 100; ++number) {
        CHECK(lane.admit(number) == Verdict::ComeAgain);
    }
    CHECK(lane.admit(1) == Verdict::Take);
}

// One of those that were refused is found to be malformed when it comes again.
TEST_CASE("batch lane: any batch that was refused ends the waiting when it comes again") {
    BatchLane lane;
    CHECK(lane.admit(1) == Verdict::Take);
    lane.failed(1, 1);
    CHECK(lane.admit(2) == Verdict::ComeAgain);
    CHECK(lane.admit(2) == Verdict::Take);
    lane.committed(2);
    CHECK(lane.admit(1) == Verdict::AlreadyStored);
}

}  // namespace
}  // namespace evd::store
