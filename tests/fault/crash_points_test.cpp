// A process that dies at each operation that changes something: while shards are made, during
// ingest and checkpoints, while a corrupt shard is put aside at start or at run time, at shutdown.
// EVENTD_FAULT_ALL=1 takes every point; by default they are spread over about kPointsDefault.

#include "tests/fault/scenarios.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstdlib>

namespace evd::test {
namespace {

constexpr uint64_t kSeed = 20261120;
constexpr uint64_t kPointsDefault = 60;
constexpr int kRoundsOfTwo = 300;
constexpr uint64_t kNever = ~uint64_t{0};

void dieAtEach(FaultKind kind, Scene scene, StoreWorld::Shape shape) {
    const uint64_t candidates = surviveDeath({kind, kNever, 1}, scene, shape, kSeed).candidates;
    REQUIRE(candidates > 0);
    const bool all = std::getenv("EVENTD_FAULT_ALL") != nullptr;
    const uint64_t step = all ? 1 : std::max<uint64_t>(candidates / kPointsDefault, 1);
    uint64_t deaths = 0;
    for (uint64_t at = 1; at <= candidates; at += step) {
        const Outcome outcome = surviveDeath({kind, at, 1}, scene, shape, kSeed + at);
        deaths += outcome.injected;
        for (const std::string& violation : outcome.violations) {
            FAIL_CHECK(base::cat(faultName(kind), " ", at, " in scene ", static_cast<int>(scene),
                                 ": ", violation));
        }
    }
    MESSAGE(base::cat(faultName(kind), ", scene ", static_cast<int>(scene), ": ", deaths,
                      " deaths among ", candidates, " operations"));
    CHECK(deaths > 0);
}

TEST_CASE("crash points: while shards are made, filled, checkpointed and closed") {
    dieAtEach(FaultKind::Death, Scene::Empty, {});
    dieAtEach(FaultKind::TornDeath, Scene::Empty, {});
}

TEST_CASE("crash points: in a later lifetime") {
    dieAtEach(FaultKind::Death, Scene::Filled, {});
}

TEST_CASE("crash points: while a shard without its index is put aside at start (Ruling S6)") {
    dieAtEach(FaultKind::Death, Scene::NoSchema,
              {.shards = 2, .cpus = 1, .checkpoint_bytes = 10'000'000});
}

TEST_CASE("crash points: while a shard found damaged at run time is put aside (Ruling S6)") {
    dieAtEach(FaultKind::Death, Scene::DamagedIndex,
              {.shards = 2, .cpus = 1, .checkpoint_bytes = 10'000'000});
}

// After a failed fsync the log may hold a whole transaction that nobody was promised: should the
// process die before the next one of that shard, the transaction is there again.
TEST_CASE("crash points: a transaction that failed does not come back beside its repetition") {
    std::mt19937_64 random(kSeed);
    constexpr StoreWorld::Shape kShape{.shards = 3, .cpus = 1};
    for (const FaultKind kind : {FaultKind::SyncError, FaultKind::SharedError}) {
        uint64_t deaths = 0;
        for (int round = 0; round < kRoundsOfTwo; ++round) {
            const FaultPlan fault{kind, 1 + random() % 60, 1 + random() % 3};
            const FaultPlan death{FaultKind::Death, 1 + random() % 400, 1};
            const Outcome outcome = surviveFaultAndDeath(fault, death, kShape);
            deaths += outcome.injected > 0 ? 1 : 0;
            for (const std::string& violation : outcome.violations) {
                FAIL_CHECK(base::cat(faultName(kind), " ", fault.at, "+", fault.hits, ", death ",
                                     death.at, ": ", violation));
            }
        }
        CHECK(deaths > 0);
    }
}

}  // namespace
}  // namespace evd::test
