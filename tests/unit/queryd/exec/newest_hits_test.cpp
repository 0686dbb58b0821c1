// The newest of what an index finds: what is decided, what is read, and that nothing is missed.

#include "queryd/exec/newest_hits.h"

#include "common/base/text.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/explanation.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

using Json = nlohmann::json;
using test::TestEvent;

constexpr const char* kPidIndex =
    "CREATE INDEX \"idx_events_payload_pid\" ON events(msgpack_extract(payload, '$.pid'))";
constexpr const char* kTypeIndex = "CREATE INDEX idx_events_event_type ON events(event_type)";

TestEvent eventOf(int64_t id, int64_t timestamp, int64_t pid) {
    TestEvent event;
    event.id = id;
    event.timestamp = timestamp;
    event.payload = test::msgpackOfJson(base::cat("{\"pid\":", pid, ",\"n\":", id, "}")).value();
    return event;
}

// Ids from 1 on, a moment each, pids in turn.
std::vector<TestEvent> inTurn(int64_t count, int64_t pids) {
    std::vector<TestEvent> events;
    for (int64_t id = 1; id <= count; ++id) {
        events.push_back(eventOf(id, 1000 + id, id % pids));
    }
    return events;
}

struct Store {
    void insert(const std::vector<TestEvent>& events, const char* index = kPidIndex) {
        shard.insert(events);
        shard.execute(index);
    }

    // The field n of each record.
    std::vector<int64_t> ask(std::string_view question) {
        test::RecordList records;
        run(question, records);
        std::vector<int64_t> numbers;
        for (const std::string& line : records.lines()) {
            numbers.push_back(Json::parse(line).at("n").get<int64_t>());
        }
        return numbers;
    }

    struct Read {
        uint64_t rows = 0;       // looked at, by all steps but the survey
        std::string steps = {};  // but the survey
    };
    Read explain(std::string_view question) {
        const auto prepared = engine->prepare(question);
        REQUIRE(prepared.ok());
        test::RecordList records;
        REQUIRE(explainQuestion(*engine, *prepared.value(), options(), clock, records).ok());
        Read read;
        for (const std::string& line : records.lines()) {
            const Json record = Json::parse(line);
            if (record.contains("rows_looked_at") && record["step"] != "survey") {
                read.rows += record["rows_looked_at"].get<uint64_t>();
                read.steps +=
                    base::cat(read.steps.empty() ? "" : ",", record["step"].get<std::string>());
            }
        }
        return read;
    }

    static RunOptions options() {
        RunOptions options;
        options.caller.system = true;
        return options;
    }
    void run(std::string_view question, test::RecordList& records) {
        const auto prepared = engine->prepare(question);
        REQUIRE(prepared.ok());
        REQUIRE(engine->run(*prepared.value(), options(), records).ok());
    }

    test::TemporaryDirectory folder;
    test::TestShard shard{folder / "shard-0000.db"};
    base::SystemClock clock;
    CountingSignal signal;
    std::unique_ptr<QueryEngine> engine =
        makeQueryEngine({.event_store_path = folder.path()}, clock, signal);
};

}  // namespace

TEST_CASE("newest hits: few are sorted, many are read from the newest on, dense ones walked") {
    using Way = TimeOrderWay;
    CHECK(chooseTimeOrderWay({100, 40'000, 10}) == Way::SortAll);
    CHECK(chooseTimeOrderWay({2500, 40'000, 10}) == Way::NewestHits);
    CHECK(chooseTimeOrderWay({std::nullopt, 40'000, 10}) == Way::NewestHits);
    CHECK(chooseTimeOrderWay({std::nullopt, 20, 10}) == Way::Walk);
    CHECK(chooseTimeOrderWay({2500, 20, 10}) == Way::Walk);
    // At the point where they cost the same.
    CHECK(chooseTimeOrderWay({210, 40'000, 10}) == Way::SortAll);
    CHECK(chooseTimeOrderWay({211, 40'000, 10}) == Way::NewestHits);
    // The newest are so far back that the few there are come cheaper.
    CHECK(chooseTimeOrderWay({5000, 100'000'000, 10}) == Way::SortAll);
    CHECK(chooseTimeOrderWay({std::nullopt, ~uint64_t{0}, 1000}) == Way::NewestHits);
}

TEST_CASE("newest hits: nobody counts hits beyond what would be sorted") {
    CHECK(sortedHitsMax({std::nullopt, 40'000, 10}) == 210);
    CHECK(sortedHitsMax({std::nullopt, 20, 10}) == 2);  // walking them is cheaper still
    CHECK(sortedHitsMax({}) == std::numeric_limits<uint64_t>::max());
}

TEST_CASE("newest hits: without an index that tells them there are two ways left") {
    CHECK(chooseTimeOrderWay({100, std::nullopt, 0}) == TimeOrderWay::SortAll);
    CHECK(chooseTimeOrderWay({std::nullopt, std::nullopt, 0}) == TimeOrderWay::Walk);
}

// The bench's rule for questions with a limit: ten times the data must not cost more.
TEST_CASE("newest hits: ten times as many hits are not ten times as many rows to read") {
    Store small;
    small.insert(inTurn(2'000, 100));
    Store large;
    large.insert(inTurn(20'000, 100));
    const auto question = "EVENTS WHERE pid == 7 TAKE 10";
    const auto in_small = small.explain(question);
    const auto in_large = large.explain(question);
    CHECK(in_large.steps == "newest hits");
    CHECK(in_large.rows == in_small.rows);
    CHECK(in_large.rows == 10);
    CHECK(large.explain("EVENTS WHERE pid == 7 SINCE 1970-01-01 TAKE 10").rows == 10);
    CHECK(large.explain("EVENTS WHERE pid == 7 SKIP 5 TAKE 10").rows == 15);
    CHECK(large.explain("EVENTS WHERE pid IN (7, 8) SORT timestamp DESC TAKE 10").rows == 10);
    CHECK(large.explain("EVENTS WHERE pid == 7").rows == 200);
}

TEST_CASE("newest hits: those of a value that has more than are ever sorted too") {
    Store store;
    store.insert(inTurn(12 * static_cast<int64_t>(kFewNamedRows + 1), 12));
    const auto read = store.explain("EVENTS WHERE pid == 7 TAKE 10");
    CHECK(read.steps == "newest hits");
    CHECK(read.rows == 10);
    CHECK(store.explain("EVENTS WHERE pid >= 7 TAKE 10").steps == "records by time");
}

TEST_CASE("newest hits: those of a rare type are read through the index on types") {
    Store store;
    auto events = inTurn(4'000, 7);
    for (TestEvent& event : events) {
        event.type = event.id % 100 == 0 ? "test.rare" : "test.event";
    }
    store.insert(events, kTypeIndex);
    const auto read = store.explain("EVENTS test.rare TAKE 3");
    CHECK(read.steps == "newest hits");
    CHECK(read.rows == 3);
    CHECK(store.ask("EVENTS test.rare SELECT n TAKE 3") == std::vector<int64_t>{4000, 3900, 3800});
}

// Ruling Q6: newest first, then id descending, whatever the order of ids says.
TEST_CASE("newest hits: a latecomer with an old id has its place") {
    Store store;
    auto events = inTurn(3'000, 50);
    events[6].timestamp = 50'000;         // id 7, the newest of all
    events[56].timestamp = 1000 + 2'957;  // id 57, at the moment of id 2957
    store.insert(events);
    CHECK(store.explain("EVENTS WHERE pid == 7 TAKE 4").steps == "newest hits");
    CHECK(store.ask("EVENTS WHERE pid == 7 SELECT n TAKE 4") ==
          std::vector<int64_t>{7, 2957, 57, 2907});
    CHECK(store.ask("EVENTS WHERE pid == 7 SELECT n SKIP 1 TAKE 1") == std::vector<int64_t>{2957});
}

TEST_CASE("newest hits: hits that do not count make it look further, in the end by time") {
    Store store;
    store.insert(inTurn(30'000, 50));
    CHECK(store.ask("EVENTS WHERE pid == 7 AND n < 20000 SELECT n TAKE 2") ==
          std::vector<int64_t>{19957, 19907});
    CHECK(store.ask("EVENTS WHERE pid == 7 AND n < 100 SELECT n TAKE 5") ==
          std::vector<int64_t>{57, 7});
    CHECK(store.ask("EVENTS WHERE pid == 7 AND n < 0 SELECT n TAKE 5").empty());
}

TEST_CASE("newest hits: what is older than the range is not looked through") {
    Store store;
    auto events = inTurn(20'000, 50);
    for (TestEvent& event : events) {
        event.timestamp *= base::kNsPerSecond;
    }
    events[106].timestamp = 20'900 * base::kNsPerSecond;  // id 107 is within
    store.insert(events);
    const std::string since = base::formatIsoTime(20'890 * base::kNsPerSecond);
    const std::string question =
        base::cat("EVENTS WHERE pid == 7 SELECT n SINCE \"", since, "\" TAKE 10");
    CHECK(store.ask(question) == std::vector<int64_t>{19957, 19907, 107});
    const auto read = store.explain(question);
    CHECK(read.rows < 30);
}

TEST_CASE("newest hits: a database that has to be walked does not keep others from their index") {
    Store store;
    store.insert(inTurn(3'000, 100));
    test::TestShard dense(store.folder / "shard-0001.db");
    std::vector<TestEvent> others;
    for (int64_t id = 5'001; id <= 5'400; ++id) {
        others.push_back(eventOf(id, id - 1'500, 7));
    }
    dense.insert(others);
    const auto read = store.explain("EVENTS WHERE pid == 7 TAKE 10");
    CHECK(read.steps.find("newest hits") != std::string::npos);
    CHECK(read.rows < 60);
    CHECK(store.ask("EVENTS WHERE pid == 7 SELECT n SKIP 1 TAKE 3") ==
          std::vector<int64_t>{5400, 5399, 5398});
}

TEST_CASE("newest hits: the answer is that of a plain sort, whatever the order of time") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        Store store;
        const int64_t count = 300 + static_cast<int64_t>(random() % 2'000);
        const auto spread = static_cast<int64_t>(1 + random() % 500);
        std::vector<TestEvent> events;
        for (int64_t id = 1; id <= count; ++id) {
            const auto jitter = static_cast<int64_t>(random() % static_cast<uint64_t>(spread));
            events.push_back(eventOf(id, id / 3 + jitter, static_cast<int64_t>(random() % 40)));
        }
        store.insert(events);
        std::vector<const TestEvent*> hits;
        for (const TestEvent& event : events) {
            if (event.payload == eventOf(event.id, 0, 7).payload) {
                hits.push_back(&event);
            }
        }
        std::ranges::sort(hits, std::greater<>(), [](const TestEvent* event) {
            return std::pair(event->timestamp, event->id);
        });
        for (const size_t take : {1U, 2U, 5U, 20U}) {
            std::vector<int64_t> expected;
            for (const TestEvent* event : hits) {
                if (expected.size() < take) {
                    expected.push_back(event->id);
                }
            }
            CHECK(store.ask(base::cat("EVENTS WHERE pid == 7 SELECT n TAKE ", take)) == expected);
        }
    }
}

}  // namespace evd::queryd
