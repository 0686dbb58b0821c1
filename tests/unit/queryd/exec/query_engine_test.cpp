#include "queryd/exec/query_engine.h"

#include "common/base/text.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RecordList;
using test::TestEvent;
using test::TestShard;

namespace {

// An engine over a folder that the test fills.
struct Store {
    explicit Store(uint64_t memory_bytes_max = 256 * 1024 * 1024)
        : engine(queryd::makeQueryEngine({.event_store_path = folder.path(),
                                          .reader_threads = 2,
                                          .memory_bytes_max = memory_bytes_max},
                                         clock, signal)) {}

    std::string operator/(std::string_view name) const { return folder / name; }

    base::Result<void> run(std::string_view query, queryd::RecordSink& sink,
                           queryd::RunOptions options = asSystem()) {
        auto prepared = engine->prepare(query);
        REQUIRE(prepared.ok());
        return engine->run(*prepared.value(), options, sink);
    }

    std::vector<std::string> lines(std::string_view query) {
        RecordList records;
        const auto done = run(query, records);
        CHECK(records.complete() == done.ok());
        return done ? records.lines() : std::vector<std::string>{"error: " + done.error().text};
    }

    static queryd::RunOptions asSystem() {
        queryd::RunOptions options;
        options.caller.system = true;
        return options;
    }

    test::TemporaryDirectory folder;
    test::FakeClock clock;
    queryd::CountingSignal signal;
    std::unique_ptr<QueryEngine> engine;
};

std::vector<TestEvent> manyEvents(int64_t first_id, int64_t count, int64_t step) {
    std::vector<TestEvent> events;
    for (int64_t i = 0; i < count; ++i) {
        TestEvent event;
        event.id = first_id + i * step;
        event.timestamp = 1000 + event.id / 3;  // three events a moment
        event.cpu = event.id % 4;
        event.payload = test::msgpackOfJson(base::cat("{\"n\": ", event.id, "}")).value();
        events.push_back(std::move(event));
    }
    return events;
}

// Takes a few records and then refuses.
class ShortSink final : public queryd::RecordSink {
  public:
    explicit ShortSink(size_t room) : room_(room) {}
    base::Result<void> record(std::span<const uint8_t>) override {
        return room_-- > 0 ? base::Result<void>()
                           : base::fail(base::ErrorKind::Gone, "the reader left");
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> flush() override { return {}; }

  private:
    size_t room_;
};

}  // namespace

TEST_CASE("query engine: a folder that does not exist, or is empty, holds no events") {
    Store store;
    CHECK(store.lines("EVENTS").empty());
    CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":0})"});
    std::filesystem::remove_all(store.folder.path());
    CHECK(store.lines("EVENTS").empty());
}

TEST_CASE("query engine: pages of several shards merge into one exact order") {
    Store store;
    TestShard even(store / "shard-0000.db");
    TestShard odd(store / "shard-0001.db");
    even.insert(manyEvents(0, 2000, 2));
    odd.insert(manyEvents(1, 2000, 2));
    std::vector<std::string> expected;
    for (int64_t id = 3999; id >= 0; --id) {
        expected.push_back(base::cat("{\"n\":", id, "}"));
    }
    CHECK(store.lines("EVENTS SELECT n") == expected);
    CHECK(store.lines("EVENTS SORT n DESC SELECT n") == expected);
    // Oldest first, but within a moment the greater id comes first.
    std::vector<std::string> oldest;
    for (int64_t moment = 0; moment <= 3999 / 3; ++moment) {
        for (int64_t id = std::min<int64_t>(moment * 3 + 2, 3999); id >= moment * 3; --id) {
            oldest.push_back(base::cat("{\"n\":", id, "}"));
        }
    }
    CHECK(store.lines("EVENTS SORT timestamp SELECT n") == oldest);
    CHECK(store.lines("EVENTS SKIP 1000 TAKE 3 SELECT n") ==
          std::vector<std::string>{R"({"n":2999})", R"({"n":2998})", R"({"n":2997})"});
    CHECK(store.lines("EVENTS WHERE n < 3 SELECT n") ==
          std::vector<std::string>{R"({"n":2})", R"({"n":1})", R"({"n":0})"});
}

TEST_CASE("query engine: one moment for all rows does not confuse paging") {
    Store store;
    TestShard shard(store / "shard-0000.db");
    std::vector<TestEvent> events = manyEvents(1, 3000, 1);
    for (TestEvent& event : events) {
        event.timestamp = 7;
    }
    shard.insert(events);
    for (const char* query : {"EVENTS SELECT n", "EVENTS SORT timestamp SELECT n"}) {
        const auto lines = store.lines(query);
        REQUIRE(lines.size() == 3000);
        CHECK(lines.front() == R"({"n":3000})");
        CHECK(lines.back() == R"({"n":1})");
    }
}

TEST_CASE("query engine: every database of the folder is read, whatever it is called") {
    Store store;
    const std::vector<std::string> names = {"shard-0000.db", "shard-0001.corrupt-17.db",
                                            "old archive.db", "50%.db"};
    for (size_t i = 0; i < names.size(); ++i) {
        TestShard(store / names[i]).insert(manyEvents(static_cast<int64_t>(i) + 1, 1, 1));
    }
    TestShard(store / "eventd-meta.db").insert(manyEvents(100, 1, 1));
    std::filesystem::create_directory(store / "folder.db");
    CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":4})"});
}

TEST_CASE(
    "query engine: a cpu's events are found in every shard, whatever its number (Spec §2.3)") {
    Store store;
    for (int64_t shard = 0; shard < 3; ++shard) {
        // Of each cpu, two in each shard.
        TestShard(store / base::cat("shard-000", shard, ".db"))
            .insert(manyEvents(1 + shard * 8, 8, 1));
    }
    for (const int cpu : {0, 1, 2, 3}) {
        CHECK(store.lines(base::cat("EVENTS WHERE cpu_id == ", cpu, " COUNT")) ==
              std::vector<std::string>{R"({"count":6})"});
    }
}

TEST_CASE("query engine: damaged and foreign databases are left out, the rest is answered") {
    Store store;
    TestShard(store / "shard-0000.db").insert(manyEvents(1, 5, 1));
    std::ofstream(store / "empty.db");
    std::ofstream(store / "garbage.db") << std::string(10'000, 'x');
    for (int round = 0; round < 2; ++round) {
        CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":5})"});
        CHECK(store.lines("EVENTS SELECT n").size() == 5);
        CHECK(store.lines("EVENTS SORT n SELECT n").size() == 5);
    }
}

TEST_CASE("query engine: a shard that was renamed and replaced is read under both names") {
    Store store;
    {
        TestShard first(store / "shard-0000.db");
        first.insert(manyEvents(1, 2, 1));
        CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":2})"});
    }
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::rename(store / base::cat("shard-0000.db", suffix),
                                store / base::cat("shard-0000.corrupt-5.db", suffix));
    }
    TestShard second(store / "shard-0000.db");
    second.insert(manyEvents(10, 3, 1));
    CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":5})"});
}

TEST_CASE("query engine: who may see nothing gets the answer of an empty store") {
    Store store;
    TestShard(store / "shard-0000.db").insert(manyEvents(1, 5, 1));
    queryd::RunOptions nobody;
    nobody.caller.user_sid = "S-1-22-1-1000";
    RecordList records;
    CHECK(store.run("EVENTS", records, nobody).ok());
    CHECK(records.lines().empty());
    CHECK(records.complete());
    CHECK(store.run("EVENTS COUNT", records, nobody).ok());
    CHECK(records.lines() == std::vector<std::string>{R"({"count":0})"});
    queryd::RunOptions administrator;
    administrator.caller.administrator = true;
    RecordList all;
    CHECK(store.run("EVENTS", all, administrator).ok());
    CHECK(all.lines().size() == 5);
}

TEST_CASE("query engine: a sink that fails ends the question with its error") {
    Store store;
    TestShard(store / "shard-0000.db").insert(manyEvents(1, 3000, 1));
    for (const char* query : {"EVENTS", "EVENTS SORT n", "EVENTS COUNT BY n"}) {
        ShortSink sink(2);
        const auto done = store.run(query, sink);
        REQUIRE_FALSE(done.ok());
        CHECK(done.error().kind == base::ErrorKind::Gone);
        CHECK(done.error().text == "the reader left");
    }
}

TEST_CASE("query engine: a question past its deadline or cancelled ends with the reason") {
    Store store;
    TestShard(store / "shard-0000.db").insert(manyEvents(1, 100, 1));
    queryd::RunOptions late = Store::asSystem();
    late.deadline_monotonic_ns = store.clock.monotonicNs();
    std::atomic<bool> cancelled{true};
    queryd::RunOptions stopped = Store::asSystem();
    stopped.cancelled = &cancelled;
    for (const char* query : {"EVENTS", "EVENTS SORT n", "EVENTS COUNT BY n", "EVENTS COUNT"}) {
        RecordList records;
        const auto timed_out = store.run(query, records, late);
        REQUIRE_FALSE(timed_out.ok());
        CHECK(timed_out.error().kind == base::ErrorKind::Busy);
        const auto gone = store.run(query, records, stopped);
        REQUIRE_FALSE(gone.ok());
        CHECK(gone.error().kind == base::ErrorKind::Gone);
        CHECK_FALSE(records.complete());
    }
}

TEST_CASE("query engine: groups and sorted records stay within the memory budget") {
    Store store(/*memory_bytes_max=*/512 * 1024);
    TestShard(store / "shard-0000.db").insert(manyEvents(1, 5000, 1));
    for (const char* query : {"EVENTS SORT n", "EVENTS COUNT BY n"}) {
        RecordList records;
        const auto done = store.run(query, records);
        REQUIRE_FALSE(done.ok());
        CHECK(done.error().kind == base::ErrorKind::Busy);
        CHECK(done.error().text.find("memory") != std::string::npos);
    }
    CHECK(store.lines("EVENTS SORT n TAKE 5").size() == 5);
    CHECK(store.lines("EVENTS COUNT BY cpu_id").size() == 4);
    CHECK(store.lines("EVENTS").size() == 5000);              // streams through
    CHECK(store.lines("EVENTS WHERE n > 0").size() == 5000);  // begins to collect, then streams
    CHECK(store.lines("EVENTS WHERE n > 0 SORT timestamp").size() == 5000);
    CHECK(store.lines("EVENTS test.*").size() == 5000);
}

TEST_CASE("query engine: rows that arrive while a question runs are not in its answer") {
    Store store;
    TestShard shard(store / "shard-0000.db");
    shard.insert(manyEvents(1, 2000, 1));

    // Commits a newer event at the first record, and older ones than those still to come.
    class Meddler final : public queryd::RecordSink {
      public:
        explicit Meddler(TestShard& shard) : shard_(shard) {}
        base::Result<void> record(std::span<const uint8_t>) override {
            if (count_++ == 0) {
                std::vector<TestEvent> late = manyEvents(5000, 10, 1);
                for (TestEvent& event : late) {
                    event.timestamp = 1;
                }
                shard_.insert(late);
            }
            return {};
        }
        base::Result<void> initialComplete() override { return {}; }
        base::Result<void> flush() override { return {}; }
        size_t count_ = 0;

      private:
        TestShard& shard_;
    } sink(shard);

    CHECK(store.run("EVENTS", sink).ok());
    CHECK(sink.count_ == 2000);
    CHECK(store.lines("EVENTS COUNT") == std::vector<std::string>{R"({"count":2010})"});
}

}  // namespace evd::queryd
