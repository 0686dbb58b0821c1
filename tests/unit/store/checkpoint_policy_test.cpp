#include "store/checkpoint_policy.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Load = CheckpointPolicy::Load;
using Step = CheckpointPolicy::Step;

constexpr int64_t kThreshold = 4'000'000;
constexpr int64_t kQuarter = kThreshold / 4;
constexpr int64_t kLong = CheckpointPolicy::kPatience * kThreshold;

CheckpointPolicy policyAt(int64_t wal_bytes) {
    CheckpointPolicy policy(kThreshold);
    policy.noteLog(wal_bytes);
    return policy;
}

TEST_CASE("checkpoint policy: due at the threshold when there is nothing else to do") {
    CHECK(policyAt(kThreshold - 1).next(Load::Served) == Step::None);
    CHECK(policyAt(kThreshold).next(Load::Served) == Step::Pass);
    CHECK(policyAt(0).next(Load::Served) == Step::None);
}

TEST_CASE("checkpoint policy: a busy writer puts it off, but not for ever") {
    CHECK(policyAt(kThreshold).next(Load::Waiting) == Step::None);
    CHECK(policyAt(kLong - 1).next(Load::Waiting) == Step::None);
    CHECK(policyAt(kLong).next(Load::Waiting) == Step::Pass);
}

TEST_CASE("checkpoint policy: passes go on until the rest is short enough to stop the writer for") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.noteLog(kLong + kThreshold);
    policy.passEnded({true, kLong, kLong});
    CHECK(policy.next(Load::Waiting) == Step::Pass);
    policy.noteLog(kLong + kThreshold + kQuarter);
    policy.passEnded({true, kLong + kThreshold, kLong + kThreshold});
    CHECK(policy.next(Load::Waiting) == Step::Finish);
    policy.noteLog(kLong + kThreshold + kQuarter + 1);
    CHECK(policy.next(Load::Waiting) == Step::Pass);
    policy.finished(true);
    CHECK(policy.next(Load::Waiting) == Step::None);
}

TEST_CASE("checkpoint policy: a writer that outruns the passes is stopped in the end") {
    CheckpointPolicy policy = policyAt(kLong);
    for (int pass = 1; pass <= CheckpointPolicy::kPassesMax; ++pass) {
        CHECK(policy.next(Load::Waiting) == Step::Pass);
        policy.noteLog((pass + 1) * kLong);
        policy.passEnded({true, pass * kLong, pass * kLong});
    }
    CHECK(policy.next(Load::Waiting) == Step::Finish);
}

TEST_CASE("checkpoint policy: a pass that fails leaves everything to the writer") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.passEnded({});
    CHECK(policy.next(Load::Waiting) == Step::Finish);
    policy.finished(false);
    CHECK(policy.next(Load::Waiting) == Step::None);
}

TEST_CASE("checkpoint policy: a pass that has moved everything leaves nothing to finish") {
    CheckpointPolicy policy = policyAt(kThreshold);
    policy.passEnded({true, kThreshold, kThreshold});
    CHECK(policy.next(Load::Served) == Step::None);
    CHECK_FALSE(policy.wantsRetryWhenIdle());
    policy.noteLog(1000);  // the next commit starts the log again
    CHECK(policy.next(Load::Served) == Step::None);
    policy.noteLog(kThreshold);
    CHECK(policy.next(Load::Served) == Step::Pass);
}

// A reader that comes between the checkpoint and the next commit keeps the log from starting again.
TEST_CASE("checkpoint policy: a log that is moved but goes on is not moved after every commit") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.passEnded({true, kLong, kLong});
    CHECK_FALSE(policy.wantsRetryWhenIdle());
    policy.noteLog(kLong + kQuarter - 1);
    CHECK(policy.next(Load::Waiting) == Step::None);
    CHECK(policy.next(Load::Served) == Step::None);
    CHECK(policy.wantsRetryWhenIdle());
    CHECK(policy.next(Load::Idle) == Step::Pass);
    policy.noteLog(kLong + kQuarter);
    CHECK(policy.next(Load::Waiting) == Step::Pass);
}

TEST_CASE("checkpoint policy: held back by a reader it is tried again when idle or after growth") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.passEnded({true, kLong, kThreshold});
    CHECK(policy.wantsRetryWhenIdle());
    CHECK(policy.next(Load::Served) == Step::None);
    CHECK(policy.next(Load::Idle) == Step::Pass);
    policy.noteLog(kLong + kQuarter - 1);
    CHECK(policy.next(Load::Waiting) == Step::None);
    policy.noteLog(kLong + kQuarter);
    CHECK(policy.next(Load::Waiting) == Step::Pass);
}

// However long the log has grown meanwhile, it is not the writer who moves it.
TEST_CASE("checkpoint policy: when the reader has gone, the long log is moved by passes again") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.passEnded({true, kLong, kThreshold});
    policy.noteLog(100 * kLong);
    CHECK(policy.next(Load::Waiting) == Step::Pass);
    policy.noteLog(101 * kLong);
    policy.passEnded({true, 100 * kLong, 100 * kLong});
    CHECK(policy.next(Load::Waiting) == Step::Pass);
}

TEST_CASE("checkpoint policy: blocked is said of two passes in a row that were held back") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.passEnded({true, kLong, kThreshold});
    CHECK_FALSE(policy.isBlocked());
    policy.passEnded({true, kLong, kThreshold});
    CHECK(policy.isBlocked());
    policy.passEnded({true, kLong, kLong});
    CHECK_FALSE(policy.isBlocked());
}

// Retention writes to the same log, and the writer hears of it with its own next commit.
TEST_CASE("checkpoint policy: what others have written to the log counts") {
    CheckpointPolicy policy = policyAt(kThreshold);
    policy.passEnded({true, 2 * kThreshold, 2 * kThreshold});
    CHECK(policy.walBytes() == 2 * kThreshold);
    CHECK(policy.next(Load::Served) == Step::None);
}

TEST_CASE("checkpoint policy: a log that began anew during a pass is a new one") {
    CheckpointPolicy policy = policyAt(kLong);
    policy.noteLog(1000);
    policy.passEnded({true, kLong, kLong});
    CHECK(policy.next(Load::Waiting) == Step::None);
    policy.noteLog(2000);
    CHECK(policy.walBytes() == 2000);
    CHECK(policy.next(Load::Served) == Step::None);
}

}  // namespace
}  // namespace evd::store
