#include "collector/ring/drain_thread.h"

#include "tests/unit/collector/ring/ring_fixture.h"

#include <doctest/doctest.h>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
using collector::BatchWindow;
using collector::DrainThread;
using collector::EventBatch;
using collector::SequenceTracker;
using evd::test::StoreModel;
using evd::test::TestRing;
using evd::test::TestRingSource;

namespace {

const base::SystemClock kClock;

// Lets a test wait for the bell instead of for time.
class TestBell {
  public:
    void ring() {
        const std::lock_guard lock(mutex_);
        ++rings_;
        rung_.notify_all();
    }
    void await() {
        std::unique_lock lock(mutex_);
        REQUIRE(rung_.wait_for(lock, std::chrono::seconds(60), [&] { return rings_ > seen_; }));
        seen_ = rings_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable rung_;
    uint64_t rings_ = 0;
    uint64_t seen_ = 0;
};

struct Drained {
    explicit Drained(TestRing& ring)
        : source(ring), window([this] { bell.ring(); }), thread(make()) {}

    std::unique_ptr<DrainThread> make() {
        auto found = collector::attachCurrent(source, 0);
        REQUIRE(found.ok());
        return std::make_unique<DrainThread>(source, std::move(found).value(), SequenceTracker({}),
                                             window, kClock);
    }

    // Takes and answers batches until the model accounts for `last`.
    void storeThrough(uint64_t last) {
        while (model.held().greatest() < last) {
            storeWhatIsHere();
            if (model.held().greatest() < last) {
                bell.await();
            }
        }
    }
    void storeWhatIsHere() {
        while (const auto batch = window.take()) {
            model.take(*batch);
            window.release(batch->events.size());
        }
    }

    TestBell bell;
    TestRingSource source;
    BatchWindow window;
    StoreModel model;
    std::unique_ptr<DrainThread> thread;
};

EventBatch batchOf(size_t bytes) {
    EventBatch batch;
    batch.event_count = 1;
    batch.events.makeRoom(bytes);
    batch.events.grow(bytes);
    return batch;
}

constexpr std::chrono::nanoseconds kNoTime{0};

}  // namespace

TEST_CASE("batch window: it is full after so many batches, and has room again after an answer") {
    int rings = 0;
    BatchWindow window([&] { ++rings; });
    for (size_t i = 0; i < collector::kWindowBatchesMax; ++i) {
        CHECK(window.awaitRoom(kNoTime));
        window.hand(batchOf(10));
    }
    CHECK_FALSE(window.awaitRoom(kNoTime));
    CHECK(rings == static_cast<int>(collector::kWindowBatchesMax));
    // Taken is not answered.
    while (window.take()) {
    }
    CHECK_FALSE(window.awaitRoom(kNoTime));
    window.release(10);
    CHECK(window.awaitRoom(kNoTime));
    CHECK(window.unansweredBatches() == collector::kWindowBatchesMax - 1);
}

TEST_CASE("batch window: it is full after so many bytes; one batch larger than all passes alone") {
    BatchWindow window([] {});
    window.hand(batchOf(collector::kWindowBytesMax - 1));
    CHECK(window.awaitRoom(kNoTime));
    window.hand(batchOf(1));
    CHECK_FALSE(window.awaitRoom(kNoTime));
    window.release(1);
    window.release(collector::kWindowBytesMax - 1);
    CHECK(window.awaitRoom(kNoTime));
    window.hand(batchOf(2 * collector::kWindowBytesMax));
    CHECK_FALSE(window.awaitRoom(kNoTime));
}

TEST_CASE("batch window: the store's limit for a batch lowers ours and never raises it") {
    BatchWindow window([] {});
    CHECK(window.eventsMax() == collector::kBatchEventsMax);
    window.setEventsMax(100);
    CHECK(window.eventsMax() == 100);
    window.setEventsMax(1'000'000);
    CHECK(window.eventsMax() == collector::kBatchEventsMax);
    window.setEventsMax(0);
    CHECK(window.eventsMax() == 1);
}

TEST_CASE("drain thread: what is appended arrives, over a resize and a lap") {
    TestRing ring;
    Drained drained(ring);
    ring.appendMany(100, 300);
    drained.storeThrough(100);
    ring.resize(2 * kmes::kRingCapacityMin);
    ring.appendMany(100, 300);
    drained.storeThrough(200);
    CHECK(drained.model.lostCount() == 0);
    ring.appendMany(5000, 300);
    drained.storeThrough(5200);
    drained.model.checkAccountedThrough(5200);
}

// Spec PSD-008 §2.3: the ring absorbs, nothing is dropped in between.
TEST_CASE("drain thread: a full window stops it, the ring absorbs, an answer lets it go on") {
    TestRing ring(4 * 1024 * 1024);
    Drained drained(ring);
    // Each event is larger than a batch takes besides another, so each is a batch of its own.
    const size_t event_bytes = 700 * 1024;
    uint64_t appended = 0;
    while (drained.window.unansweredBatches() < collector::kWindowBatchesMax) {
        if (drained.window.unansweredBatches() == appended) {
            ring.append(event_bytes);
            ++appended;
            drained.bell.await();
        }
    }
    ring.appendMany(3, event_bytes);
    CHECK_FALSE(drained.window.awaitRoom(std::chrono::milliseconds(20)));
    CHECK(drained.window.unansweredBatches() == collector::kWindowBatchesMax);
    drained.storeThrough(appended + 3);
    drained.model.checkAccountedThrough(appended + 3);
    CHECK(drained.model.lostCount() == 0);
}

// Spec PSD-008 §10.2 step 3.
TEST_CASE("drain thread: a drain hands in everything that was there and ends") {
    TestRing ring;
    Drained drained(ring);
    ring.appendMany(200, 300);
    drained.thread->requestDrain();
    while (!drained.thread->finished()) {
        drained.storeWhatIsHere();
        drained.bell.await();
    }
    drained.storeWhatIsHere();
    drained.model.checkAccountedThrough(200);
    const auto figures = drained.thread->figures();
    CHECK(figures.events == 200);
    CHECK(figures.unread_bytes == 0);
    CHECK(figures.batches >= 1);
}

TEST_CASE("drain thread: it can be stopped while its window is full") {
    TestRing ring;
    Drained drained(ring);
    for (size_t i = 0; i < collector::kWindowBatchesMax; ++i) {
        drained.window.hand(batchOf(10));
    }
    ring.append(100);
    drained.thread.reset();
    CHECK(ring.nextSequence() == 2);
}
