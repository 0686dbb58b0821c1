#include "queryd/lang/parser.h"
#include "queryd/plan/plan_printer.h"
#include "queryd/plan/planner.h"
#include "queryd/plan/sql_writer.h"

#include <doctest/doctest.h>

namespace evd::queryd {

namespace {

RecordPlan planOf(std::string_view text) {
    const auto query = parseQuery(text);
    REQUIRE(query.ok());
    auto plan = planQuery(query.value(), 1'767'225'600'000'000'000);
    REQUIRE(plan.ok());
    return std::move(plan).value();
}

}  // namespace

TEST_CASE("log planner: the selectors are conditions, each judged where it is cheapest") {
    const RecordPlan plan = planOf("LOGS FROM a, b ERROR ONLY CONTAINING x WHERE job_id IS NULL");
    CHECK(plan.table->store == StoreKind::Logs);
    CHECK(plan.on_name.size() == 1);
    CHECK(plan.on_column.size() == 2);
    CHECK(plan.on_row.size() == 1);
}

TEST_CASE("log planner: truths are exact in SQL, also as numbers, but not as other things") {
    CHECK(planOf("LOGS WHERE is_error == 1").on_column.size() == 1);
    CHECK(planOf("LOGS WHERE is_error IN (true, 0)").on_column.size() == 1);
    CHECK(planOf("LOGS WHERE is_error == 2").on_row.size() == 1);
    CHECK(planOf("LOGS WHERE is_error > 0").on_row.size() == 1);
    CHECK(planOf("LOGS WHERE is_error == \"true\"").on_row.size() == 1);
    const RecordPlan plan = planOf("LOGS WHERE is_error != 1");
    std::vector<SqlParameter> parameters;
    CHECK(writeCondition(plan.fields, plan.on_column.front(), SqlAccess::AnyIndex, parameters) ==
          "(is_error<>0) <> ?");
    CHECK(parameters.front().integer == 1);
}

TEST_CASE("log planner: the plan as a person reads it") {
    const RecordPlan plan =
        planOf("LOGS FROM a CONTAINING x UNTIL 1970-01-02 WITH CONTEXT 2 TAKE 5");
    CHECK(printPlan(plan) ==
          "logs in every database\n"
          "time: before 1970-01-02T00:00:00.000000000Z\n"
          "once per origin: origin IN (\"a\")\n"
          "per row: message CONTAINS \"x\"\n"
          "around each: 2 of the same origin\n"
          "take: 5\n");
}

TEST_CASE("log planner: the live part has no context") {
    CHECK(livePlan(planOf("LOGS CONTAINING x WITH CONTEXT 2 STREAM")).context_lines == 0);
}

TEST_CASE("log planner: a log line has no payload that would take any name") {
    const auto query = parseQuery("LOGS WHERE pid == 1");
    REQUIRE(query.ok());
    CHECK(planQuery(query.value(), 0).error().kind == base::ErrorKind::Invalid);
}

}  // namespace evd::queryd
