// kill -9 of a random child at a random moment under load, again and again: whatever dies, each
// event is stored exactly once or covered by exactly one gap record, and the group serves again
// within two seconds. The load is one that the rings hold while a program is away, so nothing may
// be lost at all; EVENTD_CHAOS_HEAVY=1 emits as fast as it can, and then gap records must account
// for what is lost. What else may befall a program is the chaos campaign's (tests/campaign).

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/from_environment.h"
#include "tests/support/group.h"
#include "tests/support/victims.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <csignal>
#include <cstdlib>
#include <random>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr int kKillsDefault = 60;
constexpr test::EventPace kHeavyPace = {64, 2, 150};
constexpr int64_t kServesAgainMs = 2000;
constexpr int kAnswerSeconds = 5;
constexpr const char* kEventType = "chaos.event";

bool serves(const test::StateFolder& state) {
    return test::ask(state, "EVENTS TAKE 1", kAnswerSeconds).status == 0;
}

void checkStored(const test::StateFolder& state, const test::EventLoad& load, bool is_heavy) {
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation :
         test::checkAcknowledged(report, load.acknowledged(), is_heavy ? report.lost : 0)) {
        FAIL_CHECK(violation);
    }
    MESSAGE(cat(load.acknowledged().size(), " acknowledged, ", report.events, " stored, ",
                report.gap_records, " gap records, ", report.lost, " lost"));
}

}  // namespace

TEST_CASE("chaos: after kill -9 of random children under load every event is stored exactly once") {
    const uint64_t seed = test::fromEnvironment("EVENTD_CHAOS_SEED", std::random_device{}());
    const auto kills = static_cast<int>(test::fromEnvironment("EVENTD_CHAOS_KILLS", kKillsDefault));
    const bool is_heavy = std::getenv("EVENTD_CHAOS_HEAVY") != nullptr;
    MESSAGE(cat("seed ", seed, " (EVENTD_CHAOS_SEED), ", kills, " kills (EVENTD_CHAOS_KILLS)"));
    std::mt19937_64 random(seed);

    const test::StateFolder state;
    test::Group group(state, test::smallGroup());
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType,
                         is_heavy ? kHeavyPace : test::EventPace{});

    int64_t worst_ms = 0;
    test::Victims victims(random);
    for (int i = 0; i < kills;) {
        const auto [name, pid] = victims.pick(group);
        if (pid > 0) {
            ::kill(pid, SIGKILL);
            ++i;
        }
        test::pauseMs(static_cast<int>(random() % 150));
        if (pid > 0 && i % 5 == 0) {
            const int64_t elapsed = test::msUntil(test::kPatienceMs, [&] { return serves(state); });
            REQUIRE_MESSAGE(elapsed >= 0, cat("nothing answered after kill ", i, " (", name, ")"));
            worst_ms = std::max(worst_ms, elapsed);
        }
        test::pauseMs(static_cast<int>(400 + random() % 400));
        REQUIRE(group.waitExit(0) == -1);
    }
    load.stop();
    MESSAGE(cat("slowest answer after a kill: ", worst_ms, " ms"));
    CHECK(worst_ms <= kServesAgainMs);
    CHECK(group.stop() == 0);
    checkStored(state, load, is_heavy);
}
