// Explanations over stores that the test fills, through the real engine.

#include "queryd/exec/explanation.h"

#include "common/base/text.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RecordList;
using test::TestEvent;
using test::TestShard;

namespace {

using Json = nlohmann::json;

class IndexCounter final : public StoreControl {
  public:
    void filtered(const std::vector<std::string>&) override {}
    void rollupAsked(wire::RollupFunction, uint32_t) override {}
    base::Result<void> index(const std::string&, int64_t, const std::atomic<bool>*) override {
        ++indexed;
        return {};
    }
    int indexed = 0;
};

struct Store {
    explicit Store(uint64_t memory_bytes_max = 256 * 1024 * 1024)
        : engine(makeQueryEngine(
              {.event_store_path = folder.path(), .memory_bytes_max = memory_bytes_max}, clock,
              signal, &control)) {}

    std::vector<Json> explain(std::string_view query, bool sees = true) {
        auto prepared = engine->prepare(query);
        REQUIRE(prepared.ok());
        RunOptions options;
        options.caller.system = sees;
        RecordList records;
        const auto done = explainQuestion(*engine, *prepared.value(), options, clock, records);
        REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().text));
        CHECK(records.complete());
        std::vector<Json> explanation;
        for (const std::string& line : records.lines()) {
            explanation.push_back(Json::parse(line));
        }
        return explanation;
    }

    test::TemporaryDirectory folder;
    base::SystemClock clock;
    CountingSignal signal;
    IndexCounter control;
    std::unique_ptr<QueryEngine> engine;
};

std::vector<TestEvent> events(int64_t first_id, int64_t count) {
    std::vector<TestEvent> all;
    for (int64_t i = 0; i < count; ++i) {
        TestEvent event;
        event.id = first_id + i;
        event.timestamp = 1000 + event.id;
        event.cpu = event.id % 4;
        event.payload = test::msgpackOfJson(base::cat("{\"n\": ", event.id, "}")).value();
        all.push_back(std::move(event));
    }
    return all;
}

std::vector<Json> readsOf(const std::vector<Json>& explanation, std::string_view step) {
    std::vector<Json> reads;
    for (const Json& record : explanation) {
        if (record["step"] == step) {
            reads.push_back(record);
        }
    }
    return reads;
}

TEST_CASE("explanation: the plan comes first, the whole last, and the answer itself not at all") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 10));
    const auto explanation = store.explain("EVENTS WHERE n > 3 TAKE 2");
    CHECK(explanation.front() == Json{{"step", "plan"}, {"text", "events in every database"}});
    CHECK(explanation.back()["step"] == "answer");
    CHECK(explanation.back()["records"] == 2);
    CHECK(explanation.back()["bytes"] > 0);
    CHECK_FALSE(explanation.back().contains("error"));
}

TEST_CASE("explanation: a scan tells how many rows it judged and how many it found, by database") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 400));
    TestShard(store.folder / "shard-0001.db").insert(events(401, 600));
    const auto groups = readsOf(store.explain("EVENTS WHERE n <= 100 COUNT BY cpu_id"), "groups");
    REQUIRE(groups.size() == 2);
    uint64_t looked_at = 0;
    uint64_t matched = 0;
    for (const Json& read : groups) {
        looked_at += read["rows_looked_at"].get<uint64_t>();
        matched += read["rows_matched"].get<uint64_t>();
        CHECK(read["access"].get<std::string>().find("events") != std::string::npos);
        CHECK(read["slices"] >= 1);
        CHECK(read["left_out"] == false);
    }
    CHECK(looked_at == 1000);
    CHECK(matched == 100);
}

TEST_CASE("explanation: the index that serves a question is named") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 100));
    const auto reads = readsOf(store.explain("EVENTS SINCE 1970-01-01 TAKE 5"), "records by time");
    REQUIRE(reads.size() == 1);
    CHECK(reads[0]["access"].get<std::string>().find("idx_events_timestamp") != std::string::npos);
    CHECK(reads[0]["database"] == "shard-0000.db");
    CHECK(reads[0]["cut_short"] == true);
}

TEST_CASE("explanation: what was read to its end is not called cut short") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 10));
    const auto reads = readsOf(store.explain("EVENTS"), "records by time");
    REQUIRE(reads.size() == 1);
    CHECK(reads[0]["cut_short"] == false);
    CHECK(reads[0]["rows_matched"] >= 10);
}

TEST_CASE("explanation: one who sees nothing learns nothing, not even that there are databases") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 10));
    const auto full = store.explain("EVENTS COUNT BY cpu_id", /*sees=*/false);
    Store empty;
    auto nothing = empty.explain("EVENTS COUNT BY cpu_id", /*sees=*/false);
    REQUIRE(full.size() == nothing.size());
    for (size_t i = 0; i < full.size(); ++i) {
        const bool tells_time =
            full[i].contains("time_ns") ||
            (full[i].contains("text") && full[i]["text"].get<std::string>().starts_with("time:"));
        CHECK((tells_time || full[i] == nothing[i]));
    }
    CHECK(readsOf(full, "survey").empty());
    CHECK(readsOf(full, "groups").empty());
    CHECK(full.back()["records"] == 0);
}

TEST_CASE("explanation: a streaming question is explained up to its live part") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 10));
    const auto explanation = store.explain("EVENTS STREAM");
    CHECK(explanation.back()["records"] == 10);
}

TEST_CASE("explanation: INDEX is explained and not done") {
    Store store;
    const auto explanation = store.explain("EVENTS INDEX foo");
    CHECK(explanation.front()["text"] == "make an index on foo");
    CHECK(store.control.indexed == 0);
}

TEST_CASE("explanation: a question that fails is explained with its error") {
    Store store(/*memory_bytes_max=*/16 * 1024);
    TestShard(store.folder / "shard-0000.db").insert(events(1, 4000));
    const auto explanation = store.explain("EVENTS SORT n");
    CHECK(explanation.back().contains("error"));
    CHECK_FALSE(readsOf(explanation, "records to sort").empty());
}

TEST_CASE("explanation: a database that cannot be read is named as left out") {
    Store store;
    std::ofstream(store.folder / "shard-0000.db") << std::string(5000, 'x');
    const auto reads = readsOf(store.explain("EVENTS"), "records by time");
    REQUIRE(reads.size() == 1);
    CHECK(reads[0]["left_out"] == true);
}

TEST_CASE("explanation: a cancelled question has none") {
    Store store;
    TestShard(store.folder / "shard-0000.db").insert(events(1, 10));
    auto prepared = store.engine->prepare("EVENTS");
    REQUIRE(prepared.ok());
    const std::atomic<bool> cancelled = true;
    RunOptions options;
    options.caller.system = true;
    options.cancelled = &cancelled;
    RecordList records;
    const auto done =
        explainQuestion(*store.engine, *prepared.value(), options, store.clock, records);
    CHECK(done.error().kind == base::ErrorKind::Gone);
    CHECK(records.lines().empty());
}

}  // namespace
}  // namespace evd::queryd
