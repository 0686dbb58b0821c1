#include "store/checkpoint_policy.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

constexpr int64_t kThreshold = 4'000'000;

TEST_CASE("checkpoint policy: due at the threshold when there is nothing else to do") {
    const CheckpointPolicy policy(kThreshold);
    CHECK_FALSE(policy.isDue(kThreshold - 1, true));
    CHECK(policy.isDue(kThreshold, true));
}

TEST_CASE("checkpoint policy: a busy writer puts it off, but not for ever") {
    const CheckpointPolicy policy(kThreshold);
    CHECK_FALSE(policy.isDue(kThreshold, false));
    CHECK_FALSE(policy.isDue(CheckpointPolicy::kPatience * kThreshold - 1, false));
    CHECK(policy.isDue(CheckpointPolicy::kPatience * kThreshold, false));
}

TEST_CASE("checkpoint policy: once complete it is not repeated before the log moves on") {
    CheckpointPolicy policy(kThreshold);
    policy.attempted(kThreshold, true);
    CHECK_FALSE(policy.isDue(kThreshold, true));
    CHECK_FALSE(policy.wantsRetryWhenIdle(kThreshold));
    CHECK_FALSE(policy.isDue(1000, true));
    CHECK(policy.isDue(kThreshold + 1, true));
}

TEST_CASE("checkpoint policy: held back by a reader it is tried again when idle or after growth") {
    CheckpointPolicy policy(kThreshold);
    policy.attempted(4 * kThreshold, false);
    CHECK(policy.wantsRetryWhenIdle(4 * kThreshold));
    CHECK(policy.isDue(4 * kThreshold, true));
    CHECK_FALSE(policy.isDue(4 * kThreshold + kThreshold / 4 - 1, false));
    CHECK(policy.isDue(4 * kThreshold + kThreshold / 4, false));
}

}  // namespace
}  // namespace evd::store
