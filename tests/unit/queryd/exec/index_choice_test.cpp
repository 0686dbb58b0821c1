#include "queryd/exec/index_choice.h"

#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/record_statement.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

constexpr const char* kUserIndex =
    "CREATE INDEX \"idx_events_payload_user_name\" ON "
    "events(msgpack_extract(payload, '$.user.name'))";
constexpr uint64_t kNoLimit = 1'000'000;

RecordPlan planOf(std::string_view text) {
    return planQuery(parseQuery(text).value(), 0).value();
}

std::vector<uint8_t> userPayload(std::string_view name) {
    std::vector<uint8_t> payload;
    wire::MsgpackWriter writer(payload);
    writer.mapHeader(1);
    writer.text("user");
    writer.mapHeader(1);
    writer.text("name");
    writer.text(name);
    return payload;
}

// Events 1 to 400 with the names of four users, in six spellings.
struct Fixture {
    Fixture() {
        const std::vector<std::string> names = {"ada", "Ada", "ADA", "bob", "Carl", "dora"};
        std::vector<test::TestEvent> events;
        for (int64_t id = 1; id <= 400; ++id) {
            test::TestEvent event;
            event.id = id;
            event.timestamp = id;
            event.process = test::guidOf(static_cast<uint32_t>(id % 50));
            event.payload = userPayload(names[static_cast<size_t>(id) % names.size()]);
            events.push_back(std::move(event));
        }
        shard.insert(events);
    }

    std::optional<IndexChoice> choose(const RecordPlan& plan, uint64_t rows_max = kNoLimit) {
        connection = std::move(db::Connection::openForReading(path).value());
        const auto indexes = FieldIndexes::of(*connection, *plan.table);
        REQUIRE(indexes.ok());
        const auto parts = searchableParts(*connection, plan, indexes.value());
        REQUIRE(parts.ok());
        auto choice = chooseIndex(*connection, *plan.table, parts.value(), rows_max);
        REQUIRE(choice.ok());
        return std::move(choice).value();
    }

    // How SQLite is going to run the scan, step by step.
    std::string planOfScan(const RecordPlan& plan, const IndexChoice& choice) {
        const ReadSnapshot snapshot(*connection);
        const RowSelection selection = RowSelection::of(plan, true);
        ScanRequest request{plan, selection, ScanOrder::ByIndex};
        request.ids = {0, 400};
        request.index = &choice;
        BoundSql sql = scanSql(request, NameChoice(), ScanPart::Whole, {}, "");
        sql.text = "EXPLAIN QUERY PLAN " + sql.text;
        auto statement = prepareSql(*connection, sql);
        REQUIRE(statement.ok());
        std::string steps;
        while (statement.value()->step().value()) {
            steps += base::cat(statement.value()->columnText(3), "\n");
        }
        return steps;
    }

    std::vector<std::string> ask(std::string_view text) {
        const auto engine = makeQueryEngine({.event_store_path = folder.path()}, clock, signal);
        const auto prepared = engine->prepare(text);
        REQUIRE(prepared.ok());
        test::RecordList records;
        RunOptions options;
        options.caller.system = true;
        REQUIRE(engine->run(*prepared.value(), options, records).ok());
        return records.lines();
    }

    test::TemporaryDirectory folder;
    std::string path = folder / "shard-0000.db";
    test::TestShard shard{path};
    test::FakeClock clock;
    CountingSignal signal;
    std::unique_ptr<db::Connection> connection;
};

}  // namespace

// Spec §3.3: the expression index is what the question's scan is driven by.
TEST_CASE("index choice: a scan uses the payload index, in the order of ids") {
    Fixture fixture;
    fixture.shard.execute(kUserIndex);
    const RecordPlan plan = planOf("EVENTS WHERE user.name == \"bob\"");
    const auto choice = fixture.choose(plan);
    REQUIRE(choice);
    const std::string steps = fixture.planOfScan(plan, *choice);
    CAPTURE(steps);
    CHECK(steps.find("idx_events_payload_user_name (<expr>=? AND rowid>? AND rowid<?)") !=
          std::string::npos);
    CHECK(steps.find("SEARCH events USING INTEGER PRIMARY KEY (rowid=?)") != std::string::npos);
    CHECK(steps.find("TEMP B-TREE") == std::string::npos);
    CHECK(steps.find("SCAN") == std::string::npos);
}

TEST_CASE("index choice: all spellings of a text are found, and counted") {
    Fixture fixture;
    fixture.shard.execute(kUserIndex);
    const auto choice = fixture.choose(planOf("EVENTS WHERE user.name == \"aDa\""));
    REQUIRE(choice);
    CHECK(choice->searches.front().values.size() == 3);
    CHECK(choice->rows == 200);
    const auto nothing = fixture.choose(planOf("EVENTS WHERE user.name == \"eve\""));
    REQUIRE(nothing);
    CHECK(nothing->searches.empty());
    CHECK(nothing->rows == 0);
}

TEST_CASE("index choice: an index that finds more than is worth it is left alone") {
    Fixture fixture;
    fixture.shard.execute(kUserIndex);
    CHECK(fixture.choose(planOf("EVENTS WHERE user.name == \"ada\""), 200));
    CHECK_FALSE(fixture.choose(planOf("EVENTS WHERE user.name == \"ada\""), 199));
}

TEST_CASE("index choice: of several indexes the one that finds the fewest rows") {
    Fixture fixture;
    fixture.shard.execute(kUserIndex);
    fixture.shard.execute("CREATE INDEX idx_events_process_guid ON events(process_guid)");
    const auto choice =
        fixture.choose(planOf("EVENTS WHERE user.name == \"ada\" AND process_guid == "
                              "{00000007-0000-0000-0000-000000000000}"));
    REQUIRE(choice);
    CHECK(choice->searches.front().index.name == "idx_events_process_guid");
    CHECK(choice->rows == 8);
}

TEST_CASE("index choice: indexes that mean something else do not serve") {
    for (const char* sql :
         {"CREATE INDEX a ON events(msgpack_extract(payload, '$.user'))",
          "CREATE INDEX a ON events(msgpack_extract(payload, '$.user.name')) WHERE id > 7",
          "CREATE INDEX a ON events(msgpack_extract(payload, '$.user.name') COLLATE NOCASE)",
          "CREATE INDEX a ON events(msgpack_extract(payload, '$.user.name') DESC)",
          "CREATE INDEX a ON events(process_guid, msgpack_extract(payload, '$.user.name'))"}) {
        CAPTURE(sql);
        Fixture fixture;
        fixture.shard.execute(sql);
        CHECK_FALSE(fixture.choose(planOf("EVENTS WHERE user.name == \"bob\"")));
    }
}

TEST_CASE(
    "index choice: an index that is gone by then leaves a slower question, not a failed one") {
    Fixture fixture;
    fixture.shard.execute(kUserIndex);
    const RecordPlan plan = planOf("EVENTS WHERE user.name == \"bob\"");
    const auto choice = fixture.choose(plan);
    REQUIRE(choice);
    fixture.shard.execute("DROP INDEX idx_events_payload_user_name");
    const std::string steps = fixture.planOfScan(plan, *choice);
    CHECK_FALSE(steps.empty());
    CHECK(steps.find("idx_events_payload_user_name") == std::string::npos);
}

TEST_CASE("index choice: answers are the same with and without indexes") {
    const std::vector<std::string> questions = {
        "EVENTS WHERE user.name == \"ADA\"",
        "EVENTS WHERE user.name == \"ada\" TAKE 7",
        "EVENTS WHERE user.name IN (bob, \"CARL\", eve) SORT timestamp ASC SKIP 3 TAKE 5",
        "EVENTS WHERE user.name == bob OR process_guid == {00000007-0000-0000-0000-000000000000}",
        "EVENTS WHERE process_guid == {00000007-0000-0000-0000-000000000000} COUNT",
        "EVENTS WHERE process_guid == {00000007-0000-0000-0000-000000000000} AND cpu_id IS NULL "
        "COUNT",
        "EVENTS test.event WHERE user.name == carl COUNT BY event_type",
        "EVENTS COUNT BY event_type",
        "EVENTS WHERE user.name == nobody",
        "EVENTS WHERE user.name < 5",
    };
    Fixture fixture;
    std::vector<std::vector<std::string>> without;
    for (const std::string& question : questions) {
        without.push_back(fixture.ask(question));
    }
    CHECK(without.front().size() == 200);
    fixture.shard.execute(kUserIndex);
    fixture.shard.execute("CREATE INDEX idx_events_process_guid ON events(process_guid)");
    fixture.shard.execute("CREATE INDEX idx_events_event_type ON events(event_type)");
    for (size_t i = 0; i < questions.size(); ++i) {
        CAPTURE(questions[i]);
        CHECK(fixture.ask(questions[i]) == without[i]);
    }
}

}  // namespace evd::queryd
