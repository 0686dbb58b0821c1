#include "store/batch_lane.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Verdict = BatchLane::Verdict;

TEST_CASE("batch lane: a number is taken once, and known once it is stored") {
    BatchLane lane(4);
    CHECK(lane.lastStored() == 4);
    CHECK(lane.admit(4, 0) == Verdict::AlreadyStored);
    CHECK(lane.admit(5, 0) == Verdict::Take);
    CHECK(lane.admit(5, 0) == Verdict::ComeAgain);
    lane.committed(5);
    CHECK(lane.admit(5, 0) == Verdict::AlreadyStored);
    CHECK(lane.lastStored() == 5);
}

TEST_CASE("batch lane: numbers may have holes, the sender drops what it cannot keep") {
    BatchLane lane;
    CHECK(lane.admit(1, 0) == Verdict::Take);
    CHECK(lane.admit(7, 0) == Verdict::Take);
}

TEST_CASE("batch lane: after a failure nothing behind it is taken before it comes again") {
    BatchLane lane;
    CHECK(lane.admit(1, 0) == Verdict::Take);
    CHECK(lane.admit(2, 0) == Verdict::Take);
    lane.failed(1, 1, 100);
    lane.failed(2, 1, 100);
    CHECK(lane.epoch() == 2);
    // Was on its way when the answers were given.
    CHECK(lane.admit(3, 200) == Verdict::ComeAgain);
    CHECK(lane.admit(1, 300) == Verdict::Take);
    CHECK(lane.admit(2, 300) == Verdict::Take);
    CHECK(lane.admit(3, 300) == Verdict::Take);
    CHECK(lane.admit(4, 300) == Verdict::Take);
}

TEST_CASE("batch lane: an old failure does not end a batch that has come again meanwhile") {
    BatchLane lane;
    CHECK(lane.admit(1, 0) == Verdict::Take);
    CHECK(lane.admit(2, 0) == Verdict::Take);
    lane.failed(1, 1, 100);
    CHECK(lane.admit(1, 200) == Verdict::Take);
    lane.failed(2, 1, 300);
    CHECK(lane.epoch() == 2);
    CHECK(lane.admit(1, 300) == Verdict::ComeAgain);
    CHECK(lane.admit(2, 300) == Verdict::Take);
}

TEST_CASE("batch lane: a sender that drops what was refused goes on with the next retry") {
    BatchLane lane;
    CHECK(lane.admit(1, 0) == Verdict::Take);
    lane.failed(1, 1, 0);
    CHECK(lane.admit(2, 10) == Verdict::ComeAgain);
    // It knows of both refusals, and the first is not what it sends again.
    CHECK(lane.admit(2, 20) == Verdict::Take);
    lane.committed(2);
    CHECK(lane.admit(1, 30) == Verdict::AlreadyStored);
}

TEST_CASE("batch lane: a sender that drops everything is heard again after a while") {
    BatchLane lane;
    CHECK(lane.admit(1, 0) == Verdict::Take);
    lane.failed(1, 1, 0);
    CHECK(lane.admit(2, BatchLane::kStragglersNs - 1) == Verdict::ComeAgain);
    CHECK(lane.admit(3, BatchLane::kStragglersNs) == Verdict::Take);
    CHECK(lane.admit(4, BatchLane::kStragglersNs) == Verdict::Take);
}

}  // namespace
}  // namespace evd::store
