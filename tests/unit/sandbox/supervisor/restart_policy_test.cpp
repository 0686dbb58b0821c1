#include "sandbox/supervisor/restart_policy.h"

#include <doctest/doctest.h>

namespace supervisor = evd::supervisor;

namespace {
constexpr int64_t kSecond = 1'000'000'000;
}

TEST_CASE("restart policy: the first death is answered at once") {
    supervisor::RestartPolicy policy;
    const auto decision = policy.onDeath(5 * kSecond);
    CHECK_FALSE(decision.give_up);
    CHECK(decision.delay_ns == 0);
}

TEST_CASE("restart policy: the pause doubles from the second death on, up to its limit") {
    supervisor::RestartPolicy policy;
    (void)policy.onDeath(0);
    int64_t expected = supervisor::kFirstDelayNs;
    for (int death = 2; death < supervisor::kDeathsMax; ++death) {
        const auto decision = policy.onDeath(death);
        CHECK_FALSE(decision.give_up);
        CHECK(decision.delay_ns == std::min(expected, supervisor::kDelayNsMax));
        expected *= 2;
    }
}

TEST_CASE(
    "restart policy: nine deaths within a minute are borne, the tenth is not") {  // Contracts §2
    supervisor::RestartPolicy policy;
    for (int death = 1; death <= 9; ++death) {
        CHECK_FALSE(policy.onDeath(death * kSecond).give_up);
    }
    CHECK(policy.onDeath(60 * kSecond).give_up);
}

TEST_CASE("restart policy: a death that is a whole minute old no longer counts") {
    supervisor::RestartPolicy policy;
    for (int death = 0; death < 9; ++death) {
        CHECK_FALSE(policy.onDeath(0).give_up);
    }
    CHECK_FALSE(policy.onDeath(supervisor::kDeathWindowNs).give_up);
    supervisor::RestartPolicy other;
    for (int death = 0; death < 9; ++death) {
        (void)other.onDeath(0);
    }
    CHECK(other.onDeath(supervisor::kDeathWindowNs - 1).give_up);
}

TEST_CASE("restart policy: after a quiet minute a death is answered at once again") {
    supervisor::RestartPolicy policy;
    for (int death = 0; death < 5; ++death) {
        (void)policy.onDeath(0);
    }
    CHECK(policy.onDeath(supervisor::kDeathWindowNs).delay_ns == 0);
}

TEST_CASE("restart policy: the pauses before giving up fit into the window") {
    supervisor::RestartPolicy policy;
    int64_t now = 0;
    int deaths = 0;
    while (deaths < 100) {
        ++deaths;
        const auto decision = policy.onDeath(now);
        if (decision.give_up) {
            break;
        }
        now += decision.delay_ns;
    }
    CHECK(deaths == supervisor::kDeathsMax);
}
