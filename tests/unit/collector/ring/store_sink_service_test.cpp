#include "collector/ring/store_sink_service.h"

#include "tests/support/longest_message.h"
#include "tests/unit/collector/ring/store_sink_fixture.h"

#include <doctest/doctest.h>
#include <deque>
#include <random>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
using collector::BatchWindow;
using collector::EventBatch;
using collector::StoreHello;
using collector::StoreSink;
using evd::test::Answer;
using evd::test::StoreModel;
using Fixture = evd::test::StoreSinkFixture;
using Sequences = std::vector<uint64_t>;

TEST_CASE("store sink: a message of the store has the length of kEventIngestCaller at most") {
    Fixture fixture;
    auto pair = base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    evd::test::RawRpcPeer store(std::move(pair.value().right));
    auto hello = fixture.sink->connect(std::move(pair.value().left), 2)
                     .then([](auto&&) {}, [](kj::Exception&&) {})
                     .eagerlyEvaluate(nullptr);
    CHECK(evd::test::takesAtMost(store, 64U << 20, [&] { fixture.io.waitScope.poll(); }));
}

TEST_CASE("store sink: batches arrive whole and are released by their answers") {
    Fixture fixture;
    fixture.connect();
    CHECK(fixture.store.cpu_count == 2);
    fixture.hand(0, 10);
    fixture.hand(1, 3, 7);  // a size that needs padding
    fixture.hand(0, 1, 2 * 1024 * 1024);
    CHECK_FALSE(fixture.sink->allAnswered());
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(11, 0);
    fixture.store.model.checkAccountedThrough(3, 1);
    CHECK(fixture.store.model.lostCount() == 0);
    CHECK(fixture.progress == 3);
    CHECK(fixture.sink->figures().batches_answered == 3);
}

TEST_CASE("store sink: a hello tells what the store holds and how much it takes at once") {
    Fixture fixture;
    fixture.connect();
    fixture.hand(1, 5);
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.batch_events_max = 17;
    const auto hello = fixture.connect();
    CHECK(hello.held.at(1).intervals() == std::vector<base::Interval>{{1, 5}});
    CHECK(hello.held.at(0).empty());
    CHECK(fixture.windows[0].eventsMax() == 17);
    CHECK(fixture.windows[1].eventsMax() == 17);
}

TEST_CASE("store sink: batches handed in before there is a store are sent when there is one") {
    Fixture fixture;
    fixture.hand(0, 2);
    fixture.hand(0, 2);
    CHECK_FALSE(fixture.sink->connected());
    fixture.connect();
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(4);
}

// Ruling S4.
TEST_CASE("store sink: what the store cannot take now is kept and sent again, later and later") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Overloaded;
    fixture.hand(0, 2);
    fixture.settle();
    CHECK(fixture.store.written_first_sequences == Sequences{1});
    fixture.advance(collector::kRetryFirstMs - 1);
    CHECK(fixture.store.written_first_sequences.size() == 1);
    fixture.advance(1);
    CHECK(fixture.store.written_first_sequences.size() == 2);
    fixture.advance(2 * collector::kRetryFirstMs - 1);
    CHECK(fixture.store.written_first_sequences.size() == 2);
    fixture.advance(1);
    CHECK(fixture.store.written_first_sequences.size() == 3);
    for (int i = 0; i < 10; ++i) {
        fixture.advance(collector::kRetryLastMs);
    }
    CHECK(fixture.store.written_first_sequences.size() >= 12);
    CHECK_FALSE(fixture.sink->allAnswered());
    fixture.store.by_default = Answer::Accept;
    fixture.advance(collector::kRetryLastMs);
    CHECK(fixture.sink->allAnswered());
    fixture.store.model.checkAccountedThrough(2);
    CHECK(fixture.store.model.lostCount() == 0);
}

TEST_CASE("store sink: what follows a refused batch on its cpu waits; other cpus do not") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::Overloaded};
    fixture.hand(0, 1);
    fixture.settle();
    fixture.hand(0, 1);
    fixture.hand(0, 1);
    fixture.hand(1, 1);
    fixture.settle();
    CHECK(fixture.store.written_first_sequences == Sequences{1, 1});
    CHECK(fixture.store.model.held(1).contains(1));
    fixture.advance(collector::kRetryFirstMs);
    CHECK(fixture.store.written_first_sequences == Sequences{1, 1, 1, 2, 3});
    CHECK(fixture.sink->allAnswered());
}

TEST_CASE("store sink: an answer makes the next back-off short again") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::Overloaded, Answer::Overloaded, Answer::Accept,
                             Answer::Overloaded};
    fixture.hand(0, 1);
    fixture.settle();
    fixture.advance(collector::kRetryFirstMs);
    fixture.advance(2 * collector::kRetryFirstMs);
    CHECK(fixture.sink->allAnswered());
    fixture.hand(0, 1);
    fixture.settle();
    CHECK_FALSE(fixture.sink->allAnswered());
    fixture.advance(collector::kRetryFirstMs);
    CHECK(fixture.sink->allAnswered());
}

TEST_CASE(
    "store sink: an event the store will never take is recorded as lost, and none beside it") {
    const std::vector<base::Interval> all_malformed = {{1, 1}, {3, 3}, {5, 5}, {2, 3}, {1, 5}};
    for (const base::Interval& malformed : all_malformed) {
        CAPTURE(malformed.first);
        CAPTURE(malformed.last);
        Fixture fixture;
        fixture.connect();
        fixture.store.malformed.add(malformed);
        fixture.hand(0, 5);
        fixture.hand(0, 5);
        fixture.runUntil([&] { return fixture.sink->allAnswered(); });
        fixture.store.model.checkAccountedThrough(10);
        CHECK(fixture.store.model.lost().intervals() == std::vector<base::Interval>{malformed});
        CHECK(fixture.sink->figures().events_refused == malformed.last - malformed.first + 1);
        CHECK(fixture.sink->figures().batches_kept == 0);
        CHECK(fixture.windows[0].unansweredBatches() == 0);
    }
}

TEST_CASE("store sink: halves of a batch that were sent go to the next store when this one dies") {
    Fixture fixture;
    fixture.connect();
    fixture.store.malformed.add({2, 2});
    fixture.store.by_default = Answer::Silence;
    fixture.hand(0, 8);
    fixture.settle();
    CHECK(fixture.store.written_first_sequences.size() > 3);
    fixture.breakConnection();
    CHECK(fixture.windows[0].unansweredBatches() == 1);
    fixture.store.by_default = Answer::Accept;
    fixture.connect();
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(8);
    CHECK(fixture.store.model.lost().intervals() == std::vector<base::Interval>{{2, 2}});
    CHECK(fixture.windows[0].unansweredBatches() == 0);
}

TEST_CASE("store sink: a loss that cannot be recorded either is counted and let go") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::Failed, Answer::Failed};
    fixture.hand(0, 1);
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    CHECK(fixture.store.written_first_sequences == Sequences{1, 1});
    CHECK(fixture.sink->figures().gaps_refused == 1);
    CHECK(fixture.store.model.held().empty());
}

TEST_CASE("store sink: when the store dies, what it has not answered is sent to its successor") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Silence;
    fixture.hand(0, 3);
    fixture.hand(0, 3, 300'000);
    fixture.hand(1, 3);
    fixture.settle();
    fixture.breakConnection();
    fixture.hand(0, 3);
    CHECK(fixture.sink->figures().batches_kept == 4);
    fixture.store.by_default = Answer::Accept;
    fixture.connect();
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(9, 0);
    fixture.store.model.checkAccountedThrough(3, 1);
    CHECK(fixture.store.model.lostCount() == 0);
}

// Ruling S2: committed, but the answer never came.
TEST_CASE("store sink: what the store says it holds is not sent again") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Silence;
    fixture.hand(0, 3);
    fixture.hand(0, 3);
    fixture.settle();
    StoreModel committed;
    EventBatch stored;
    stored.first_sequence = 1;
    stored.last_sequence = 3;
    stored.gaps.push_back({1, 3, 0, 0});
    fixture.store.model.take(stored);
    fixture.breakConnection();
    fixture.store.by_default = Answer::Accept;
    fixture.store.written_first_sequences.clear();
    fixture.connect();
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    CHECK(fixture.store.written_first_sequences == Sequences{4});
    CHECK(fixture.windows[0].unansweredBatches() == 0);
}

TEST_CASE("store sink: a connection that is replaced without ending is let go of") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Silence;
    fixture.hand(0, 3, 100'000);
    fixture.settle();
    fixture.store.by_default = Answer::Accept;
    fixture.connect();
    CHECK(fixture.store.hellos == 2);
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(3);
}

TEST_CASE("store sink: a store that refuses the hello is told apart from one that went away") {
    Fixture fixture;
    fixture.hand(0, 1);
    fixture.store.refuses_hello = true;
    auto refused =
        fixture.hello().then([](StoreHello) { return kj::Exception::Type::UNIMPLEMENTED; },
                             [](kj::Exception&& exception) { return exception.getType(); });
    CHECK(refused.wait(fixture.io.waitScope) == kj::Exception::Type::FAILED);
    CHECK_FALSE(fixture.sink->connected());
    auto gone = fixture.hello().then([](StoreHello) { return kj::Exception::Type::UNIMPLEMENTED; },
                                     [](kj::Exception&& exception) { return exception.getType(); });
    fixture.server = nullptr;
    fixture.server_stream = nullptr;
    CHECK(gone.wait(fixture.io.waitScope) == kj::Exception::Type::DISCONNECTED);
    fixture.store.refuses_hello = false;
    fixture.connect();
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    fixture.store.model.checkAccountedThrough(1);
}

TEST_CASE("store sink: it can be destroyed with batches on their way") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Silence;
    for (int i = 0; i < 6; ++i) {
        fixture.hand(0, 1, 1'000'000);  // more than the socket takes at once
    }
    fixture.io.waitScope.poll();
    fixture.sink = nullptr;
    fixture.settle();
    CHECK(fixture.windows[0].unansweredBatches() == 6);
}

TEST_CASE("store sink: busy, dying and coming back at random, the store gets everything once") {
    const auto seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    fixture.connect();
    for (int step = 0; step < 400; ++step) {
        const auto dice = random() % 100;
        if (dice < 60) {
            const uint16_t cpu = random() % 2;
            if (fixture.windows[cpu].awaitRoom(std::chrono::nanoseconds(0))) {
                fixture.hand(cpu, static_cast<uint32_t>(1 + random() % 20), random() % 3000);
            }
        } else if (dice < 75) {
            fixture.store.by_default = random() % 2 == 0 ? Answer::Accept : Answer::Overloaded;
        } else if (dice < 80) {
            fixture.store.by_default = Answer::Silence;
        } else if (dice < 83) {
            fixture.breakConnection();
        } else if (dice < 88) {
            fixture.connect();
        } else {
            fixture.advance(static_cast<int64_t>(random() % 500));
        }
        if (random() % 2 == 0) {
            fixture.io.waitScope.poll();
        }
    }
    fixture.store.by_default = Answer::Accept;
    fixture.connect();
    fixture.advance(collector::kRetryLastMs);
    fixture.runUntil([&] { return fixture.sink->allAnswered(); });
    for (uint16_t cpu = 0; cpu < 2; ++cpu) {
        fixture.store.model.checkAccountedThrough(fixture.next_sequence[cpu] - 1, cpu);
        CHECK(fixture.store.model.lostCount(cpu) == 0);
    }
}
