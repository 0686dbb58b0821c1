#include "collector/ring/store_sink_service.h"

#include "common/base/socket.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "tests/support/longest_message.h"
#include "tests/unit/collector/ring/ring_fixture.h"

#include <doctest/doctest.h>
#include <kj/timer.h>
#include <sys/socket.h>
#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace ipc = evd::ipc;
namespace kmes = evd::kmes;
namespace schema = evd::schema;
using collector::BatchWindow;
using collector::EventBatch;
using collector::StoreHello;
using collector::StoreSink;
using evd::test::StoreModel;

namespace {

// How the fake store answers a write.
enum class Answer { Accept, Overloaded, Failed, Silence };

// What a store keeps over its connections: what it holds, and how it is to behave.
struct FakeStore {
    Answer nextAnswer() {
        if (answers.empty()) {
            return by_default;
        }
        const Answer answer = answers.front();
        answers.pop_front();
        return answer;
    }

    bool holdsMalformed(uint64_t first, uint64_t last) const {
        const auto& intervals = malformed.intervals();
        return std::any_of(intervals.begin(), intervals.end(), [&](const base::Interval& one) {
            return one.first <= last && first <= one.last;
        });
    }

    StoreModel model{StoreModel::Twice::Forbidden};
    Answer by_default = Answer::Accept;
    base::IntervalSet malformed;  // events it will never take
    std::deque<Answer> answers;
    uint32_t batch_events_max = 0;
    bool refuses_hello = false;
    std::vector<uint64_t> written_first_sequences;  // of every write call, in order
    int hellos = 0;
    uint16_t cpu_count = 0;
};

class FakeSink final : public schema::EventSink::Server {
  public:
    explicit FakeSink(FakeStore& store) : store_(store) {}

    kj::Promise<void> write(WriteContext context) override {
        const auto batch = context.getParams().getBatch();
        store_.written_first_sequences.push_back(batch.getFirstSequence());
        if (batch.getEventCount() > 0 &&
            store_.holdsMalformed(batch.getFirstSequence(), batch.getLastSequence())) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "malformed"));
        }
        switch (store_.nextAnswer()) {
            case Answer::Accept:
                take(batch);
                return kj::READY_NOW;
            case Answer::Overloaded:
                ipc::throwError(base::fail(base::ErrorKind::Busy, "the disk is full"));
            case Answer::Failed:
                ipc::throwError(base::fail(base::ErrorKind::Invalid, "malformed"));
            case Answer::Silence:
                return kj::NEVER_DONE;
        }
        return kj::READY_NOW;
    }

  private:
    // Like the real store: what it holds already it answers without storing it twice (Ruling S2).
    void take(schema::EventBatch::Reader batch) {
        const auto held = store_.model.held(batch.getCpu());
        if (held.containsAll({batch.getFirstSequence(), batch.getLastSequence()})) {
            return;
        }
        const auto gaps = ipc::takeOrThrow(ipc::readGaps(batch.getGaps()));
        const auto events = batch.getEvents();
        store_.model.take(batch.getCpu(), batch.getFirstSequence(), batch.getLastSequence(),
                          batch.getEventCount(), gaps, {events.begin(), events.size()});
    }

    FakeStore& store_;
};

class FakeIngest final : public schema::EventIngest::Server {
  public:
    explicit FakeIngest(FakeStore& store) : store_(store) {}

    kj::Promise<void> hello(HelloContext context) override {
        ++store_.hellos;
        store_.cpu_count = context.getParams().getCpuCount();
        if (store_.refuses_hello) {
            ipc::throwError(base::fail(base::ErrorKind::Io, "the shards cannot be opened"));
        }
        auto results = context.getResults();
        auto holdings = results.initHoldings(2);
        for (uint16_t cpu = 0; cpu < 2; ++cpu) {
            const auto held = store_.model.held(cpu);
            holdings[cpu].setCpu(cpu);
            ipc::writeIntervals(
                held, holdings[cpu].initHeld(static_cast<unsigned>(held.intervalCount())));
        }
        results.setSink(kj::heap<FakeSink>(store_));
        results.setBatchEventsMax(store_.batch_events_max);
        return kj::READY_NOW;
    }

  private:
    FakeStore& store_;
};

// A sink with two windows in front and a fake store behind it, in one event loop and on a clock
// that the test moves.
class Fixture {
  public:
    Fixture()
        : sink(std::make_unique<StoreSink>(std::vector<BatchWindow*>{&windows[0], &windows[1]},
                                           *io.lowLevelProvider, timer, [this] { ++progress; })) {}
    ~Fixture() noexcept(false) {
        // The windows may still be full; the sink must be able to go at any time.
        sink = nullptr;
    }

    // Makes a new connection to the store and says hello. The old one ends.
    kj::Promise<StoreHello> hello() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        server = nullptr;
        server_stream = io.lowLevelProvider->wrapSocketFd(
            pair.value().right.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        server = kj::heap<capnp::TwoPartyClient>(*server_stream, kj::heap<FakeIngest>(store),
                                                 capnp::rpc::twoparty::Side::SERVER);
        return sink->connect(std::move(pair.value().left), 2);
    }
    StoreHello connect() { return hello().wait(io.waitScope); }

    void breakConnection() {
        server = nullptr;
        server_stream = nullptr;
        runUntil([&] { return !sink->connected(); });
    }

    template <typename Condition>
    void runUntil(Condition condition) {
        for (int turn = 0; turn < 100'000; ++turn) {
            if (condition()) {
                return;
            }
            io.waitScope.poll();
        }
        FAIL("what the test waits for does not happen");
    }
    // Lets everything happen that can without time passing.
    void settle() {
        for (int turn = 0; turn < 50; ++turn) {
            io.waitScope.poll();
        }
    }
    void advance(int64_t ms) {
        timer.advanceTo(timer.now() + ms * kj::MILLISECONDS);
        settle();
    }

    // Hands in count events that follow on, as one batch.
    void hand(uint16_t cpu, uint32_t count, size_t payload_bytes = 33) {
        EventBatch batch;
        batch.cpu = cpu;
        batch.first_sequence = next_sequence[cpu];
        batch.event_count = count;
        for (uint32_t i = 0; i < count; ++i) {
            appendEvent(batch, next_sequence[cpu]++, payload_bytes);
        }
        batch.last_sequence = next_sequence[cpu] - 1;
        batch.events.seal();
        windows[cpu].hand(std::move(batch));
        sink->pump();
    }

    kj::AsyncIoContext io = kj::setupAsyncIo();
    kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
    FakeStore store;
    BatchWindow windows[2] = {BatchWindow([] {}), BatchWindow([] {})};
    uint64_t next_sequence[2] = {1, 1};
    int progress = 0;
    kj::Own<kj::AsyncIoStream> server_stream;
    kj::Own<capnp::TwoPartyClient> server;
    std::unique_ptr<StoreSink> sink;

  private:
    static void appendEvent(EventBatch& batch, uint64_t sequence, size_t payload_bytes) {
        kmes::EventHeader header;
        header.header_bytes = kmes::kEventHeaderBytes;
        header.event_bytes = static_cast<uint32_t>(kmes::kEventHeaderBytes + payload_bytes);
        header.sequence = sequence;
        header.cpu = batch.cpu;
        auto& buffer = batch.events;
        buffer.makeRoom(header.event_bytes);
        kmes::encodeEventHeader(header, std::span<uint8_t, kmes::kEventHeaderBytes>(
                                            buffer.end(), kmes::kEventHeaderBytes));
        const auto payload = evd::test::checkedPayload(sequence, payload_bytes);
        std::copy(payload.begin(), payload.end(), buffer.end() + kmes::kEventHeaderBytes);
        buffer.grow(header.event_bytes);
    }
};

using Sequences = std::vector<uint64_t>;

}  // namespace

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
