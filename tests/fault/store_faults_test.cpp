// Every operation of a short life of a store fails once, in every way it can; whatever the store
// answers meanwhile, in the end each number is stored or recorded exactly once, what was answered
// is there, and receipts say what rows say. EVENTD_FAULT_ALL=1 takes every operation; by default
// each kind is spread over about kHitsDefault of them.

#include "tests/fault/scenarios.h"

#include "common/base/text.h"
#include "store/index_field.h"
#include "tests/support/wait_until.h"
#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstdlib>

namespace evd::test {
namespace {

constexpr uint64_t kSeed = 20261120;
constexpr uint64_t kHitsDefault = 40;
constexpr uint64_t kNever = ~uint64_t{0};
constexpr int64_t kNoCheckpoint = int64_t{1} << 30;  // no log here grows so long

// One shard of one cpu with a run in it, and without the checkpoint whose fsync the next failure
// could meet.
struct OneShardWorld : StoreWorld {
    OneShardWorld() : StoreWorld({.shards = 1, .cpus = 1, .checkpoint_bytes = kNoCheckpoint}) {
        FaultyVfs::instance().disarm();
        REQUIRE(start());
        emit(0);
        REQUIRE(deliverAll(5));
    }
};

using Survive = Outcome (*)(FaultPlan, StoreWorld::Shape, uint64_t);

bool wantsAll() {
    return std::getenv("EVENTD_FAULT_ALL") != nullptr;
}

// Each k of the operations that the kind can hit, or evenly spread ones.
void hitEach(FaultKind kind, uint64_t hits, StoreWorld::Shape shape, Survive survive) {
    const uint64_t candidates = survive({kind, kNever, 1}, shape, kSeed).candidates;
    REQUIRE(candidates > 0);
    const uint64_t step = wantsAll() ? 1 : std::max<uint64_t>(candidates / kHitsDefault, 1);
    uint64_t injected = 0;
    for (uint64_t at = 1; at <= candidates; at += step) {
        const Outcome outcome = survive({kind, at, hits}, shape, kSeed + at);
        injected += outcome.injected;
        for (const std::string& violation : outcome.violations) {
            FAIL_CHECK(base::cat(faultName(kind), " ", at, "+", hits, ": ", violation));
        }
    }
    MESSAGE(base::cat(faultName(kind), ": ", injected, " injected among ", candidates,
                      " operations, seed ", kSeed));
    CHECK(injected > 0);
}

TEST_CASE("store faults: whatever fails once, nothing is lost, doubled or promised in vain") {
    for (const FaultKind kind :
         {FaultKind::ReadError, FaultKind::WriteError, FaultKind::TornWrite, FaultKind::DiskFull,
          FaultKind::SyncError, FaultKind::TruncateError, FaultKind::OpenError,
          FaultKind::SharedError, FaultKind::FolderError}) {
        hitEach(kind, 1, {}, &surviveFaults);
    }
}

TEST_CASE("store faults: a disk that fails for a while is waited for") {
    for (const FaultKind kind :
         {FaultKind::WriteError, FaultKind::DiskFull, FaultKind::SyncError, FaultKind::ReadError}) {
        hitEach(kind, 15, {}, &surviveFaults);
    }
}

TEST_CASE("store faults: more shards than cpus, and fewer") {
    for (const FaultKind kind :
         {FaultKind::SyncError, FaultKind::DiskFull, FaultKind::SharedError}) {
        hitEach(kind, 2, {.shards = 4, .cpus = 1}, &surviveFaults);
        hitEach(kind, 2, {.shards = 1, .cpus = 3}, &surviveFaults);
    }
}

// Who follows the store by its stable id must not pass ids that a restart may bring back.
TEST_CASE("store faults: the ids of a commit in doubt are not stable before the next commit") {
    FaultyVfs& disk = FaultyVfs::instance();
    OneShardWorld world;
    const int64_t stable = world.store().stableId();
    const uint64_t answered = world.answered(0);
    disk.arm({FaultKind::SyncError, 1, 1});
    world.emit(0);
    world.deliver();
    CHECK(disk.injected() == 1);
    CHECK(world.answered(0) == answered);
    CHECK(world.store().stableId() == stable);
    disk.disarm();
    REQUIRE(world.deliverAll(5));
    CHECK(world.store().stableId() > stable);
    CHECK(world.finish());
}

TEST_CASE("store faults: a shard settles a commit in doubt by itself when nothing else comes") {
    FaultyVfs& disk = FaultyVfs::instance();
    OneShardWorld world;
    const int64_t stable = world.store().stableId();
    // The second failure meets the writer's first attempt.
    disk.arm({FaultKind::SyncError, 1, 2});
    world.emit(0);
    world.deliver();
    CHECK(world.store().stableId() == stable);
    CHECK(waitUntil(kPatienceMs, [&] { return world.store().stableId() > stable; }));
    CHECK(disk.injected() == 2);
    disk.disarm();
    CHECK(world.finish());
    CHECK(world.violations(StoreWorld::Expect::Everything).empty());
}

// Each attempt is a write to a disk that has just refused one.
TEST_CASE("store faults: a commit in doubt is settled at leisure though an index is wanted") {
    constexpr int kPauseMs = 2500;
    constexpr uint64_t kAttemptsMax = 10;  // one a second, and one may be under way
    FaultyVfs& disk = FaultyVfs::instance();
    OneShardWorld world;
    disk.arm({FaultKind::SyncError, 1, kNever});
    world.emit(0);
    world.deliver();
    const auto field = store::indexField("event_type");
    REQUIRE(field);
    world.store().wantIndexes(
        std::make_shared<const store::DesiredIndexes>(store::DesiredIndexes{field.value()}));
    pauseMs(kPauseMs);
    CHECK(disk.injected() > 1);
    CHECK(disk.injected() < kAttemptsMax);
    disk.disarm();
    CHECK(world.finish());
    CHECK(world.violations(StoreWorld::Expect::Everything).empty());
}

TEST_CASE("store faults: a power cut takes nothing that was answered") {
    hitEach(FaultKind::PowerCut, 1, {}, &survivePowerCut);
}

TEST_CASE("store faults: a disk that lies about fsync may lose, but nothing comes twice") {
    hitEach(FaultKind::LostSync, kNever / 2, {}, &survivePowerCut);
}

// Each failed run begins a new epoch; a collector with another number of rings must not be taken
// for one of an old epoch, nor a ring that was gone meanwhile.
TEST_CASE("store faults: after an outage a collector with other rings is stored at once") {
    FaultyVfs::instance().disarm();
    StoreFixture fixture(/*shards=*/1, /*cpus=*/2);
    fixture.openAndAttach();
    FaultyVfs::instance().arm({FaultKind::DiskFull, 1, ~uint64_t{0} / 2});
    for (int attempt = 0; attempt < 5; ++attempt) {
        CHECK(fixture.write(RunSketch(1, 1, 10)) == "busy");
    }
    FaultyVfs::instance().disarm();
    REQUIRE(fixture.store().attach(1));
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    REQUIRE(fixture.store().attach(3));
    for (const uint16_t cpu : {uint16_t{0}, uint16_t{1}, uint16_t{2}}) {
        CHECK(fixture.write(RunSketch(cpu, 11, 20)) == "ok");
    }
}

}  // namespace
}  // namespace evd::test
