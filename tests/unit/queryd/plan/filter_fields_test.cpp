#include "queryd/plan/filter_fields.h"

#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

namespace evd::queryd {
namespace {

std::string fieldsOf(std::string_view text) {
    const auto query = parseQuery(text);
    REQUIRE(query.ok());
    const auto plan = planQuery(query.value(), 1'767'225'600'000'000'000);
    REQUIRE(plan.ok());
    std::string names;
    for (const std::string& name : filterFields(plan.value())) {
        names += names.empty() ? "" : " ";
        names += name;
    }
    return names;
}

// Spec §3.3: one per question and field.
TEST_CASE("filter fields: every field in WHERE once, wherever it is judged") {
    CHECK(fieldsOf("EVENTS WHERE cpu_id == 1 AND (a.b == 2 OR NOT (cpu_id > 3)) WHERE x IS NULL") ==
          "a.b cpu_id x");
    CHECK(fieldsOf("EVENTS WHERE event_type CONTAINS x") == "event_type");
}

TEST_CASE("filter fields: a type pattern is a condition on event_type (Spec §8.2)") {
    CHECK(fieldsOf("EVENTS kacs.*") == "event_type");
    CHECK(fieldsOf("EVENTS kacs.* WHERE event_type != \"kacs.x\"") == "event_type");
}

TEST_CASE("filter fields: times, and fields that are only shown, do not count") {
    CHECK(fieldsOf("EVENTS SINCE 1h ago WHERE timestamp > 5 SELECT a, b SORT c").empty());
    CHECK(fieldsOf("EVENTS WHERE timestamp != 5").empty());
    CHECK(fieldsOf("EVENTS COUNT BY a").empty());
}

}  // namespace
}  // namespace evd::queryd
