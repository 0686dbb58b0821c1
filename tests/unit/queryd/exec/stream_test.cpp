// Streaming end to end: the engine over shard databases that the test commits to. Waiting is on
// conditions only; a record that never comes lets the test run into its time limit.

#include "common/base/text.h"
#include "common/base/thread.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/queryd/exec/running_stream.h"

#include <doctest/doctest.h>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RunningStream;
using test::TestEvent;
using test::TestShard;

namespace {

TestEvent eventOf(int64_t id, std::string_view payload = "") {
    TestEvent event;
    event.id = id;
    event.timestamp = 1000 - id;  // the order of time is the opposite of the order of commits
    const std::string json =
        payload.empty() ? base::cat("{\"n\": ", id, "}") : std::string(payload);
    event.payload = test::msgpackOfJson(json).value();
    return event;
}

std::string line(int64_t id) {
    return base::cat("{\"n\":", id, "}");
}

struct Store {
    test::TemporaryDirectory folder;
    test::FakeClock clock;
    queryd::CountingSignal signal;
    std::unique_ptr<queryd::QueryEngine> engine =
        queryd::makeQueryEngine({.event_store_path = folder.path()}, clock, signal);

    void commit(TestShard& shard, const TestEvent& event) {
        shard.insert(event);
        signal.bump();
    }
};

}  // namespace

TEST_CASE("stream: the initial result, then what is committed, in the order of commits") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    shard.insert(eventOf(1));
    shard.insert(eventOf(2));
    RunningStream stream(*store.engine, "EVENTS SELECT n STREAM");
    stream.records().waitFor(2);
    CHECK(stream.records().lines() == std::vector{line(1), line(2)});  // newest first
    store.commit(shard, eventOf(3));
    store.commit(shard, eventOf(4));
    stream.records().waitFor(4);
    CHECK(stream.records().lines() == std::vector{line(1), line(2), line(3), line(4)});
    CHECK(stream.records().initialCount() == 2);
    const auto outcome = stream.stop();
    CHECK(outcome.error().kind == base::ErrorKind::Gone);
    CHECK(stream.records().flushes() >= 1);
}

TEST_CASE("stream: a folder that cannot be read any more ends it without telling its path") {
    // Puts a file in the folder's place when the live part begins.
    class Breaker final : public RecordSink {
      public:
        explicit Breaker(const std::string& folder) : folder_(folder) {}
        base::Result<void> record(std::span<const uint8_t>) override { return {}; }
        base::Result<void> initialComplete() override {
            std::filesystem::remove_all(folder_);
            std::ofstream(folder_) << "no folder";
            return {};
        }
        base::Result<void> flush() override { return {}; }

      private:
        const std::string folder_;
    };
    Store store;
    const std::string folder = store.folder / "events";
    std::filesystem::create_directory(folder);
    const auto engine = makeQueryEngine({.event_store_path = folder}, store.clock, store.signal);
    RunOptions options;
    options.caller.system = true;
    Breaker sink(folder);
    const auto ended = engine->run(*engine->prepare("EVENTS STREAM").value(), options, sink);
    REQUIRE_FALSE(ended.ok());
    CHECK(ended.error().text == "the event store cannot be read");
}

TEST_CASE("stream: a lost notice costs a moment, not the record") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    RunningStream stream(*store.engine, "EVENTS SELECT n STREAM");
    stream.records().waitFor(0);
    shard.insert(eventOf(1));  // nobody bumps
    stream.records().waitFor(1);
    CHECK(stream.records().lines() == std::vector{line(1)});
}

TEST_CASE("stream: TAKE, SKIP, SORT and aggregation shape the initial result only") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    for (int64_t id = 1; id <= 5; ++id) {
        shard.insert(eventOf(id));
    }
    RunningStream taken(*store.engine, "EVENTS SORT n DESC SKIP 1 TAKE 2 SELECT n STREAM");
    RunningStream nothing(*store.engine, "EVENTS TAKE 0 SELECT n STREAM");
    RunningStream counted(*store.engine, "EVENTS COUNT STREAM");
    RunningStream grouped(*store.engine, "EVENTS COUNT BY n SELECT n TAKE 1 STREAM");
    for (RunningStream* stream : {&taken, &nothing, &counted, &grouped}) {
        stream->records().waitFor(0);
    }
    store.commit(shard, eventOf(6));
    store.commit(shard, eventOf(7));
    taken.records().waitFor(4);
    CHECK(taken.records().lines() == std::vector{line(4), line(3), line(6), line(7)});
    nothing.records().waitFor(2);
    CHECK(nothing.records().lines() == std::vector{line(6), line(7)});
    counted.records().waitFor(3);
    CHECK(counted.records().lines().front() == R"({"count":5})");
    CHECK(counted.records().lines().back().find("\"n\":7") != std::string::npos);
    grouped.records().waitFor(3);
    CHECK(grouped.records().lines() == std::vector{line(1), line(6), line(7)});
}

TEST_CASE("stream: the pattern, WHERE, SINCE and UNTIL hold for the live part") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    RunningStream stream(
        *store.engine,
        "EVENTS test.* SINCE 1970-01-01 WHERE timestamp < 990 AND n != 12 SELECT n STREAM");
    stream.records().waitFor(0);
    store.commit(shard, eventOf(5));   // too new a timestamp
    store.commit(shard, eventOf(11));  // the first that matches
    store.commit(shard, eventOf(12));
    TestEvent other = eventOf(13);
    other.type = "other";
    store.commit(shard, other);
    store.commit(shard, eventOf(14));
    stream.records().waitFor(2);
    CHECK(stream.records().lines() == std::vector{line(11), line(14)});
}

TEST_CASE("stream: a type that appears later is seen") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    RunningStream stream(*store.engine, "EVENTS later.* SELECT n STREAM");
    stream.records().waitFor(0);
    TestEvent event = eventOf(1);
    event.type = "LATER.on";
    store.commit(shard, event);
    stream.records().waitFor(1);
    CHECK(stream.records().lines() == std::vector{line(1)});
}

TEST_CASE("stream: a shard that appears later is read from its first record") {
    Store store;
    TestShard first(store.folder / "shard-0000.db");
    first.insert(eventOf(1));
    RunningStream stream(*store.engine, "EVENTS SELECT n STREAM");
    stream.records().waitFor(1);
    TestShard second(store.folder / "shard-0001.db");
    store.commit(second, eventOf(2));
    store.commit(first, eventOf(3));
    stream.records().waitFor(3);
    CHECK(stream.records().lines() == std::vector{line(1), line(2), line(3)});
}

TEST_CASE("stream: quarantine renames a shard without repeating it") {
    Store store;
    auto shard = std::make_unique<TestShard>(store.folder / "shard-0000.db");
    shard->insert(eventOf(1));
    RunningStream stream(*store.engine, "EVENTS SELECT n STREAM");
    stream.records().waitFor(1);
    shard.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::rename(store.folder / base::cat("shard-0000.db", suffix),
                                store.folder / base::cat("shard-0000.corrupt-1.db", suffix));
    }
    TestShard fresh(store.folder / "shard-0000.db");
    store.commit(fresh, eventOf(2));
    stream.records().waitFor(2);
    store.commit(fresh, eventOf(3));
    stream.records().waitFor(3);
    CHECK(stream.records().lines() == std::vector{line(1), line(2), line(3)});
}

TEST_CASE("stream: a future timestamp is neither lost nor late") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    TestEvent future = eventOf(1);
    future.timestamp = store.clock.wallNs() + 1'000'000'000'000;
    shard.insert(future);
    RunningStream stream(*store.engine, "EVENTS SELECT n STREAM");
    stream.records().waitFor(1);
    CHECK(stream.records().initialCount() == 1);
}

TEST_CASE("stream: who may see nothing watches nothing") {
    Store store;
    TestShard shard(store.folder / "shard-0000.db");
    shard.insert(eventOf(1));
    RunningStream blind(*store.engine, "EVENTS SELECT n STREAM", {"S-1-22-1-7", false, false});
    RunningStream seeing(*store.engine, "EVENTS SELECT n STREAM");
    blind.records().waitFor(0);
    store.commit(shard, eventOf(2));
    seeing.records().waitFor(2);
    CHECK(blind.stop().error().kind == base::ErrorKind::Gone);
    CHECK(blind.records().lines().empty());
}

TEST_CASE("stream: streams that start under two writers lose nothing and repeat nothing") {
    constexpr int64_t kEventsEach = 3000;
    Store store;
    // Ids come from one counter and grow within each shard (Ruling S1), commits interleave.
    std::atomic<int64_t> next_batch{0};
    const auto write = [&](const std::string& path) {
        TestShard shard(path);
        for (;;) {
            const int64_t batch = next_batch++;
            if (batch * 10 >= 2 * kEventsEach) {
                return;
            }
            std::vector<TestEvent> events;
            for (int64_t i = 1; i <= 10; ++i) {
                events.push_back(eventOf(batch * 10 + i));
            }
            shard.insert(events);
            store.signal.bump();
        }
    };
    std::vector<std::unique_ptr<RunningStream>> streams;
    {
        base::Thread first("writer-0", [&] { write(store.folder / "shard-0000.db"); });
        base::Thread second("writer-1", [&] { write(store.folder / "shard-0001.db"); });
        const std::vector<std::string> queries = {
            "EVENTS SELECT n STREAM", "EVENTS SORT n SELECT n STREAM",
            "EVENTS SORT timestamp SELECT n STREAM", "EVENTS WHERE n > 0 SELECT n STREAM"};
        for (size_t i = 0; i < 8; ++i) {
            streams.push_back(
                std::make_unique<RunningStream>(*store.engine, queries[i % queries.size()]));
            // The next begins when this one has its initial result: they start all over the run.
            streams.back()->records().waitFor(0);
        }
    }
    for (const auto& stream : streams) {
        stream->records().waitFor(2 * kEventsEach);
    }
    for (const auto& stream : streams) {
        (void)stream->stop();  // Gone: it was cancelled
        const auto lines = stream->records().lines();
        CHECK(lines.size() == 2 * kEventsEach);
        CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());
    }
}

}  // namespace evd::queryd
