#include "collector/ring/ring_follower.h"

#include "common/base/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/collector/ring/ring_fixture.h"

#include <doctest/doctest.h>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
using collector::kBatchEventsMax;
using collector::RingFollower;
using collector::SequenceTracker;
using evd::test::StoreModel;
using evd::test::TestRing;
using evd::test::TestRingSource;
using Progress = RingFollower::Progress;

namespace {

const base::SystemClock kClock;

std::unique_ptr<RingFollower> followerOf(TestRingSource& source,
                                         const base::IntervalSet& held = {}) {
    auto found = collector::attachCurrent(source, 0);
    REQUIRE(found.ok());
    return std::make_unique<RingFollower>(source, std::move(found).value(), SequenceTracker(held),
                                          kClock);
}

// Reads everything there is, over every replacement, into the model.
void readAll(RingFollower& follower, StoreModel& model) {
    while (true) {
        const auto progress = follower.fill(kBatchEventsMax);
        for (const auto& batch : follower.takeBatches()) {
            model.take(batch);
        }
        if (progress == Progress::BatchFull) {
            continue;
        }
        const auto replaced = follower.followReplacement(kBatchEventsMax);
        for (const auto& batch : follower.takeBatches()) {
            model.take(batch);
        }
        if (follower.reader().inDoubt()) {
            follower.wait(base::kNsPerUs);
            continue;
        }
        if (!replaced.ok() || !replaced.value()) {
            return;
        }
    }
}

}  // namespace

TEST_CASE("ring follower: batches keep to the limits of events and bytes") {
    TestRing ring(4 * 1024 * 1024);
    TestRingSource source(ring);
    const auto follower = followerOf(source);
    ring.appendMany(5000, 100);
    CHECK(follower->fill(kBatchEventsMax) == Progress::BatchFull);
    auto batches = follower->takeBatches();
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].event_count == kBatchEventsMax);
    CHECK(follower->fill(kBatchEventsMax) == Progress::Drained);
    batches = follower->takeBatches();
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].event_count == 5000 - kBatchEventsMax);
    ring.appendMany(1000, 2000);
    CHECK(follower->fill(kBatchEventsMax) == Progress::BatchFull);
    batches = follower->takeBatches();
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].events.size() <= collector::kBatchBytesMax);
    CHECK(batches[0].events.size() > collector::kBatchBytesMax - 2000);
    CHECK(follower->fill(3) == Progress::BatchFull);
    CHECK(follower->takeBatches()[0].event_count == 3);
}

TEST_CASE("ring follower: an event larger than a batch travels alone") {
    TestRing ring(4 * 1024 * 1024);
    TestRingSource source(ring);
    const auto follower = followerOf(source);
    ring.append(100);
    ring.append(2 * 1024 * 1024);
    ring.append(100);
    std::vector<uint32_t> counts;
    Progress progress = Progress::BatchFull;
    while (progress == Progress::BatchFull) {
        progress = follower->fill(kBatchEventsMax);
        for (const auto& batch : follower->takeBatches()) {
            counts.push_back(batch.event_count);
        }
    }
    CHECK(counts == std::vector<uint32_t>{1, 1, 1});
}

// Spec PSD-003 §5.1, generation check; PSD-008 §2.2: neither lost nor doubled.
TEST_CASE("ring follower: a ring that grows while half read loses and doubles nothing") {
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(50, 500);
    readAll(*follower, model);
    ring.appendMany(70, 500);
    ring.resize(4 * kmes::kRingCapacityMin);
    ring.appendMany(70, 500);
    readAll(*follower, model);
    model.checkAccountedThrough(190);
    CHECK(model.lostCount() == 0);
    CHECK(follower->replacementCount() == 1);
    ring.appendMany(10, 500);
    readAll(*follower, model);
    model.checkAccountedThrough(200);
}

TEST_CASE("ring follower: damage to what was read does not come along into the next ring") {
    constexpr size_t kBytes = 500;
    constexpr size_t kCpuAt = 24;  // in the header
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(20, kBytes);
    readAll(*follower, model);
    *ring.mapProducer()->writableAt(9 * kBytes + kCpuAt) = 1;
    ring.resize(4 * kmes::kRingCapacityMin);
    ring.appendMany(10, kBytes);
    readAll(*follower, model);
    ring.appendMany(10, kBytes);
    readAll(*follower, model);
    model.checkAccountedThrough(40);
    CHECK(model.lostCount() == 0);
}

TEST_CASE("ring follower: what came last into a replaced ring keeps to the limit of events too") {
    constexpr uint32_t kFew = 3;
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    CHECK(follower->fill(kFew) == Progress::Drained);
    ring.appendMany(10, 500);
    ring.resize(4 * kmes::kRingCapacityMin);
    while (follower->followReplacement(kFew).value()) {
        for (const auto& batch : follower->takeBatches()) {
            CHECK(batch.event_count <= kFew);
            model.take(batch);
        }
    }
    model.checkAccountedThrough(10);
    CHECK(model.lostCount() == 0);
    CHECK(follower->replacementCount() == 1);
}

TEST_CASE("ring follower: several resizes between two looks are one replacement") {
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(10, 500);
    ring.resize(2 * kmes::kRingCapacityMin);
    ring.appendMany(10, 500);
    ring.resize(kmes::kRingCapacityMin);
    ring.appendMany(10, 500);
    readAll(*follower, model);
    model.checkAccountedThrough(30);
    CHECK(model.lostCount() == 0);
}

TEST_CASE("ring follower: shrinking loses nothing that was read in the old ring") {
    TestRing ring(4 * kmes::kRingCapacityMin);
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(250, 1000);
    ring.resize(kmes::kRingCapacityMin);
    ring.appendMany(10, 1000);
    readAll(*follower, model);
    // The old ring still held what the smaller one could not take over.
    model.checkAccountedThrough(260);
    CHECK(model.lostCount() == 0);
}

TEST_CASE("ring follower: while the new ring cannot be attached the old one is kept") {
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(10, 500);
    ring.resize(2 * kmes::kRingCapacityMin);
    source.failFromNowOn(true);
    readAll(*follower, model);
    model.checkAccountedThrough(10);
    CHECK_FALSE(follower->followReplacement(kBatchEventsMax).ok());
    ring.appendMany(10, 500);
    source.failFromNowOn(false);
    readAll(*follower, model);
    model.checkAccountedThrough(20);
}

TEST_CASE("ring follower: a corrupt slot in a replaced ring does not keep it from the new one") {
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(10, 500);
    std::memset(ring.mapProducer()->writableAt(2500), 0, 77);
    // The writer carries the damage over only up to where it can still walk: nothing.
    ring.resize(2 * kmes::kRingCapacityMin);
    ring.append(500);
    readAll(*follower, model);
    model.checkAccountedThrough(11);
    CHECK(model.lostCount() == 5);
    CHECK(follower->unreadableCount() == 1);  // that ring is gone, its figure is not
}

// Ruling K6.
TEST_CASE("ring follower: after a restart of KMES the same memory is simply read on") {
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    ring.appendMany(10, 500);
    ring.crashAndResume();
    source.noteNewConnection();
    ring.appendMany(10, 500);
    readAll(*follower, model);
    model.checkAccountedThrough(20);
    CHECK(follower->replacementCount() == 0);
}

TEST_CASE("ring follower: after a restart of KMES with other memory the ring is replaced") {
    TestRing before;
    TestRing after(kmes::kRingCapacityMin, 0, 11);
    // Both rings belong to one source: first the old one, then, silently, the new one.
    class Switching final : public collector::RingSource {
      public:
        Switching(TestRing& first, TestRing& second) : first_(first), second_(second) {}
        base::Result<collector::FoundRing> attach(uint16_t cpu) override {
            return current().attach(cpu);
        }
        base::Result<collector::RingIdentity> identify(uint16_t cpu) override {
            return current().identify(cpu);
        }
        uint64_t connectionCount() const override { return switched ? 2 : 1; }
        bool switched = false;

      private:
        TestRingSource& current() { return switched ? second_ : first_; }
        TestRingSource first_;
        TestRingSource second_;
    };
    Switching source(before, after);
    auto found = collector::attachCurrent(source, 0);
    REQUIRE(found.ok());
    RingFollower follower(source, std::move(found).value(), SequenceTracker({}), kClock);
    StoreModel model;
    before.appendMany(10, 500);
    source.switched = true;
    after.appendMany(5, 500);
    readAll(follower, model);
    model.checkAccountedThrough(15);
    CHECK(follower.replacementCount() == 1);
}

// The race that attachCurrent is for: the page of a ring that was replaced already says the new
// generation, so the number alone cannot tell that the ring is dead.
TEST_CASE("ring source: a ring that is replaced while it is being attached is not taken") {
    TestRing ring;
    class ReplacedMeanwhile final : public collector::RingSource {
      public:
        explicit ReplacedMeanwhile(TestRing& ring) : ring_(ring), source_(ring) {}
        base::Result<collector::FoundRing> attach(uint16_t cpu) override {
            auto found = source_.attach(cpu);
            if (attach_count++ == 0) {
                ring_.resize(2 * kmes::kRingCapacityMin);
            }
            return found;
        }
        base::Result<collector::RingIdentity> identify(uint16_t cpu) override {
            return source_.identify(cpu);
        }
        int attach_count = 0;

      private:
        TestRing& ring_;
        TestRingSource source_;
    };
    ReplacedMeanwhile source(ring);
    const auto found = collector::attachCurrent(source, 0);
    REQUIRE(found.ok());
    CHECK(source.attach_count == 2);
    CHECK(found.value().mapping->capacity() == 2 * kmes::kRingCapacityMin);
}

TEST_CASE(
    "ring follower: whatever producer, resizes and restarts do, every number is accounted for") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20; ++round) {
        TestRing ring;
        TestRingSource source(ring);
        StoreModel model;
        auto follower = followerOf(source);
        for (int step = 0; step < 400; ++step) {
            const auto dice = random() % 100;
            if (dice < 55) {
                ring.appendMany(1 + random() % 60, 90 + random() % 1500);
            } else if (dice < 57) {
                ring.append(ring.capacity() / 2);
            } else if (dice < 59) {
                ring.writer().dropEvent();
            } else if (dice < 61) {
                ring.crashAndResume();
                source.noteNewConnection();
            } else if (dice < 66) {
                ring.resize(kmes::kRingCapacityMin << (random() % 3));
            } else if (dice < 70) {
                // The collector is killed and another one resumes from what the store holds.
                follower = followerOf(source, model.held());
            } else if (dice < 90) {
                readAll(*follower, model);
            } else {
                if (follower->fill(static_cast<uint32_t>(1 + random() % 30)) ==
                    Progress::Unreadable) {
                    follower->wait(base::kNsPerUs);
                }
                for (const auto& batch : follower->takeBatches()) {
                    // Killed before the store has it, or not.
                    if (random() % 10 != 0) {
                        model.take(batch);
                    } else {
                        follower = followerOf(source, model.held());
                        break;
                    }
                }
            }
        }
        ring.append(100);  // A last event reveals what was lost before it.
        readAll(*follower, model);
        model.checkAccountedThrough(ring.nextSequence() - 1);
    }
}

TEST_CASE("ring follower: a concurrent writer that resizes both ways under load breaks nothing") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    TestRing ring;
    TestRingSource source(ring);
    StoreModel model;
    const auto follower = followerOf(source);
    std::atomic<bool> writing = true;
    base::Thread writer("writer", [&] {
        std::mt19937_64 random(seed);
        for (int step = 0; step < 4000; ++step) {
            ring.appendMany(1 + random() % 30, 90 + random() % 600);
            if (random() % 50 == 0) {
                ring.resize(kmes::kRingCapacityMin << (random() % 4));
            }
        }
        ring.append(100);
        writing = false;
    });
    while (writing) {
        readAll(*follower, model);
        follower->wait(base::kNsPerMs);
    }
    writer.join();
    readAll(*follower, model);
    model.checkAccountedThrough(ring.nextSequence() - 1);
    CHECK(follower->reader().unreadableCount() == 0);
    MESSAGE(model.lostCount(), " of ", ring.nextSequence() - 1, " events lapped, ",
            follower->replacementCount(), " replacements");
}
