#include "queryd/plan/planner.h"

#include "queryd/lang/parser.h"
#include "queryd/plan/plan_printer.h"
#include "queryd/plan/sql_writer.h"

#include <doctest/doctest.h>
#include <limits>
#include <string>

namespace evd::queryd {

namespace {

constexpr int64_t kNow = 1'767'225'600'000'000'000;

RecordPlan planOf(std::string_view text) {
    const auto query = parseQuery(text);
    REQUIRE(query.ok());
    auto plan = planQuery(query.value(), kNow);
    REQUIRE(plan.ok());
    return std::move(plan).value();
}

std::string sqlOf(const RecordPlan& plan, const Condition& condition) {
    std::vector<SqlParameter> parameters;
    return writeCondition(plan.fields, condition, SqlAccess::AnyIndex, parameters);
}

}  // namespace

TEST_CASE("planner: conditions go to who judges them most cheaply") {
    const RecordPlan plan = planOf(
        "EVENTS a* WHERE cpu_id == 1 AND event_type CONTAINS x AND (v == 1 OR cpu_id == 2) "
        "WHERE process_guid == \"00000001-0000-0000-0000-000000000000\"");
    CHECK(plan.on_name.size() == 1);
    CHECK(plan.on_column.size() == 2);
    CHECK(plan.on_row.size() == 1);
}

TEST_CASE("planner: what SQL would say differently stays with the rows") {
    CHECK(planOf("EVENTS WHERE cpu_id == 1.5").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE cpu_id == \"1\"").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE sequence < 18446744073709551615").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE process_guid == x").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE process_guid STARTS_WITH \"{00\"").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE cpu_id HAS 1").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE event_type == a OR cpu_id == 1").on_row.size() == 1);
    CHECK(planOf("EVENTS WHERE payload_field IS NULL").on_row.size() == 1);
}

TEST_CASE("planner: bounds on timestamp become the range") {
    const RecordPlan plan =
        planOf("EVENTS WHERE timestamp > 5 AND timestamp <= 10 WHERE timestamp < 100");
    CHECK(plan.time == TimeRange{6, 11});
    CHECK(plan.time_named);
    CHECK(plan.on_column.empty());
    CHECK(planOf("EVENTS WHERE timestamp == 7").time == TimeRange{7, 8});
    const RecordPlan unequal = planOf("EVENTS WHERE timestamp != 7");
    CHECK(unequal.on_column.size() == 1);
    CHECK_FALSE(unequal.time_named);
}

TEST_CASE("planner: the greatest timestamp has no moment after it") {
    const RecordPlan plan = planOf("EVENTS WHERE timestamp <= 9223372036854775807");
    CHECK(plan.on_column.size() == 1);
    CHECK(planOf("EVENTS WHERE timestamp > 9223372036854775807").on_column.size() == 1);
}

TEST_CASE("planner: UNTIL is now, but a stream has no end") {
    CHECK(planOf("EVENTS").time.until_ns == kNow + 1);
    CHECK(planOf("EVENTS UNTIL 1s hence").time.until_ns == kNow + 1'000'000'000);
    CHECK(planOf("EVENTS STREAM").time.until_ns == std::numeric_limits<int64_t>::max());
    CHECK(planOf("EVENTS STREAM UNTIL 1h hence").time.until_ns !=
          std::numeric_limits<int64_t>::max());
}

TEST_CASE("planner: SQL holds column names of ours and parameters only") {
    const RecordPlan plan = planOf(
        "EVENTS WHERE NOT (cpu_id == 1 AND sequence NOT_IN (2, 3)) AND (cpu_id IS NULL OR "
        "cpu_id >= 4) WHERE boot_id != \"{00000001-0000-0000-0000-000000000000}\"");
    REQUIRE(plan.on_column.size() == 3);
    CHECK(sqlOf(plan, plan.on_column[0]) ==
          "(((cpu_id = ? AND sequence NOT IN (?,?))) IS NOT TRUE)");
    CHECK(sqlOf(plan, plan.on_column[1]) == "(cpu_id IS NULL OR cpu_id>=?)");
    CHECK(sqlOf(plan, plan.on_column[2]) == "boot_id <> ?");
}

TEST_CASE("planner: a condition that is too large for SQL stays with the rows") {
    std::string text = "EVENTS WHERE cpu_id == 1";
    for (size_t i = 1; i < kSqlTermsMax; ++i) {
        text += " OR cpu_id == 1";
    }
    CHECK(planOf(text).on_column.size() == 1);
    CHECK(planOf(text + " OR cpu_id == 1").on_row.size() == 1);
}

TEST_CASE("planner: the live part keeps time, conditions and SELECT") {
    const RecordPlan plan =
        livePlan(planOf("EVENTS a SINCE 1h ago WHERE v == 1 SORT v SKIP 1 TAKE 2 SELECT v STREAM"));
    CHECK(plan.sort.empty());
    CHECK(plan.skip == 0);
    CHECK_FALSE(plan.take);
    CHECK(plan.on_row.size() == 1);
    CHECK(plan.select->size() == 1);
    const RecordPlan counted = livePlan(planOf("EVENTS COUNT BY v SELECT v, count STREAM"));
    CHECK_FALSE(counted.aggregation);
    CHECK(counted.fields[(*counted.select)[0]].name == "v");
    CHECK(counted.fields[(*counted.select)[1]].name == "count");
}

TEST_CASE("planner: a plan prints in the words of the language") {
    const std::string text = printPlan(planOf(
        "EVENTS k* SINCE 2026-01-01 UNTIL 2026-01-02 WHERE cpu_id == 1 WHERE NOT (v IN (1, \"a\")) "
        "WHERE event_type != b GROUP cpu_id BUCKET 1m SUM v SORT sum DESC SKIP 1 TAKE 5 SELECT sum "
        "STREAM"));
    CHECK(text ==
          "events in every database\n"
          "time: from 2026-01-01T00:00:00.000000000Z before 2026-01-02T00:00:00.000000000Z\n"
          "once per type: event_type like \"k*\"\n"
          "once per type: event_type != \"b\"\n"
          "in the database: cpu_id == 1\n"
          "per row: NOT (v IN (1, \"a\"))\n"
          "aggregate: SUM of v by cpu_id per 60000000000 ns\n"
          "sort: sum DESC\n"
          "skip: 1\n"
          "take: 5\n"
          "select: sum\n"
          "then: live records as they are committed\n");
}

}  // namespace evd::queryd
