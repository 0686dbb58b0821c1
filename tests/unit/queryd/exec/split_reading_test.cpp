// One database that is read in parts: its answers are those of one reader, whatever happens to the
// database between the parts.

#include "common/base/text.h"
#include "queryd/exec/group_task.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/reading_plan.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RecordList;
using test::TestEvent;
using test::TestShard;

namespace {

constexpr int64_t kEvents = 700;

std::vector<TestEvent> someEvents(int64_t first_id, int64_t count) {
    std::vector<TestEvent> events;
    for (int64_t id = first_id; id < first_id + count; ++id) {
        TestEvent event;
        event.id = id;
        event.timestamp = 1000 + id * 7919 % 97;  // in no order of ids
        event.cpu = id % 3;
        event.payload =
            test::msgpackOfJson(base::cat(R"({"n": )", id % 50, R"(, "s": "text )", id, R"("})"))
                .value();
        events.push_back(std::move(event));
    }
    return events;
}

struct Answer {
    std::vector<std::string> lines;
    base::Result<void> done;
};

Answer ask(const std::string& folder, uint32_t threads, std::string_view text,
           const RunOptions& options, uint64_t memory_bytes_max = 1 << 24) {
    const test::FakeClock clock;
    CountingSignal signal;
    const auto engine = makeQueryEngine({.event_store_path = folder,
                                         .reader_threads = threads,
                                         .split_rows_min = 2,
                                         .memory_bytes_max = memory_bytes_max},
                                        clock, signal);
    const auto prepared = engine->prepare(text);
    REQUIRE(prepared.ok());
    RecordList records;
    auto done = engine->run(*prepared.value(), options, records);
    return {records.lines(), done};
}

RunOptions asSystem() {
    RunOptions options;
    options.caller.system = true;
    return options;
}

}  // namespace

TEST_CASE("split reading: order, TAKE and groups are those of one reader") {
    const test::TemporaryDirectory folder;
    TestShard(folder / "shard-0000.db").insert(someEvents(1, kEvents));
    for (const char* text :
         {"EVENTS WHERE n == 7", "EVENTS WHERE s CONTAINS \"text 1\"", "EVENTS SORT n TAKE 9",
          "EVENTS SORT n DESC, timestamp SKIP 5 TAKE 30", "EVENTS WHERE n > 5 TAKE 2000",
          "EVENTS WHERE n < 9 COUNT BY n", "EVENTS GROUP cpu_id SUM n", "EVENTS WHERE n != 1 COUNT",
          "EVENTS DISTINCT n", "EVENTS WHERE m.a == 1 OR n IN (3, 4)"}) {
        CAPTURE(text);
        const Answer whole = ask(folder.path(), 1, text, asSystem());
        REQUIRE(whole.done.ok());
        for (const uint32_t threads : {2U, 3U, 8U}) {
            CHECK(ask(folder.path(), threads, text, asSystem()).lines == whole.lines);
        }
    }
}

TEST_CASE("split reading: an end of the question ends all parts") {
    const test::TemporaryDirectory folder;
    TestShard(folder / "shard-0000.db").insert(someEvents(1, kEvents));
    const std::atomic<bool> cancelled{true};
    RunOptions stopped = asSystem();
    stopped.cancelled = &cancelled;
    RunOptions late = asSystem();
    late.deadline_monotonic_ns = 1;
    for (const char* text : {"EVENTS WHERE n == 7", "EVENTS GROUP cpu_id SUM n"}) {
        const Answer gone = ask(folder.path(), 3, text, stopped);
        REQUIRE_FALSE(gone.done.ok());
        CHECK(gone.done.error().kind == base::ErrorKind::Gone);
        const Answer timed_out = ask(folder.path(), 3, text, late);
        REQUIRE_FALSE(timed_out.done.ok());
        CHECK(timed_out.done.error().kind == base::ErrorKind::Busy);
    }
}

TEST_CASE("split reading: the parts share one memory budget") {
    const test::TemporaryDirectory folder;
    TestShard(folder / "shard-0000.db").insert(someEvents(1, kEvents));
    const Answer answer = ask(folder.path(), 3, "EVENTS SORT n", asSystem(), 128 * 1024);
    REQUIRE_FALSE(answer.done.ok());
    CHECK(answer.done.error().kind == base::ErrorKind::Busy);
    CHECK(ask(folder.path(), 3, "EVENTS SORT n", asSystem()).lines.size() == kEvents);
}

TEST_CASE("split reading: rows that come while a question waits for its turn are not in it") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "shard-0000.db";
    TestShard(path).insert(someEvents(11, 20));
    const auto plan = planQuery(parseQuery("EVENTS SORT n").value(), 0).value();
    const auto connection = std::move(db::Connection::openForReading(path).value());
    const auto surveyed = [&](std::optional<int64_t> last_id_max) {
        SurveyTask task(plan, SurveyTask::Count::Share, {path, 0, 0}, 0, last_id_max);
        REQUIRE(task.slice(*connection).ok());
        return task.survey();
    };
    CHECK(surveyed({}).last_id == 30);
    CHECK(surveyed(31).last_id == 30);
    CHECK(surveyed(25).last_id == 25);
    CHECK(surveyed(25).rowsMax() == 15);
    CHECK(surveyed(11).rowsMax() == 1);
    CHECK_FALSE(surveyed(11).is_empty);
    CHECK(surveyed(10).is_empty);  // what there was is gone
}

TEST_CASE("split reading: rows that are committed between the parts are in none of them") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "shard-0000.db";
    TestShard shard(path);
    shard.insert(someEvents(1, kEvents));
    const test::FakeClock clock;
    const auto plan =
        planQuery(parseQuery("EVENTS WHERE n >= 0 COUNT").value(), clock.wallNs()).value();
    const auto connection = std::move(db::Connection::openForReading(path).value());
    SurveyTask survey(plan, SurveyTask::Count::Share, {path, 0, 0});
    REQUIRE(survey.slice(*connection).ok());
    const std::vector surveys = {survey.survey()};
    const auto parts = planReading(plan, surveys, {3, 2});
    REQUIRE(parts.size() == 3);
    MemoryBudget memory(1 << 20);
    GroupTable total(*plan.aggregation, memory);
    const RowSelection selection = RowSelection::of(plan, false);
    for (const ReadingPart& part : parts) {
        ScanRequest request{plan, selection, part.order};
        request.ids = part.ids;
        request.time = part.time;
        request.names = &surveys.front().names;
        request.control.clock = &clock;
        GroupTask task({plan, request}, {path, 0, 0}, memory);
        REQUIRE(task.slice(*connection).value() == ScanEnd::Finished);
        REQUIRE(total.merge(task.table()).ok());
        shard.insert(someEvents(10'000 + part.ids.last, 20));
    }
    const auto rows = total.rows();
    REQUIRE(rows.ok());
    REQUIRE(rows.value().size() == 1);
    CHECK(rows.value().front().front().view().int_value == kEvents);
}

}  // namespace evd::queryd
