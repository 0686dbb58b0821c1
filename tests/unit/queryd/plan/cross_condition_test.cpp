#include "queryd/plan/cross_condition.h"

#include "common/base/clock.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/filter_fields.h"
#include "queryd/plan/metric_plan_printer.h"
#include "queryd/plan/metric_planner.h"
#include "queryd/plan/plan_printer.h"
#include "queryd/plan/planner.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {

namespace {

constexpr int64_t kNow = 1'767'225'600'000'000'000;

Query parsed(std::string_view text) {
    auto query = parseQuery(text);
    REQUIRE(query.ok());
    return std::move(query).value();
}

RecordPlan planOf(std::string_view text) {
    return planQuery(parsed(text), kNow).value();
}

bool fits(std::string_view text, int64_t seconds_max) {
    return checkLookback(parsed(text), kNow, seconds_max).ok();
}

}  // namespace

TEST_CASE("cross condition: conditions on moments alone are answered before, mixed ones per row") {
    const RecordPlan plan = planOf(
        "EVENTS SINCE 1h ago WHERE METRIC a > 1 AND (METRIC b > 1 OR x == 1) "
        "WHERE NOT (LOG o EXISTS OR METRIC c[h=\"1\"] < 2)");
    CHECK(plan.cross.size() == 4);
    CHECK(plan.on_time.size() == 2);
    CHECK(plan.on_row.size() == 1);
    CHECK(plan.on_name.empty());
    CHECK(plan.on_column.empty());
}

TEST_CASE("cross condition: beside a condition on the type nothing is judged once per type") {
    const RecordPlan plan = planOf("EVENTS SINCE 1h ago WHERE event_type == a OR METRIC b > 1");
    CHECK(plan.on_name.empty());
    CHECK(plan.on_row.size() == 1);
}

TEST_CASE("cross condition: the metric planner keeps it away from series and from rollups") {
    const auto plan = planMetric(parsed("METRIC m SINCE 1h ago AVG_OVER 60s WHERE LOG o EXISTS "
                                        "WHERE host == \"a\" OR EVENT e EXISTS"),
                                 kNow);
    REQUIRE(plan.ok());
    CHECK(plan.value().on_time.size() == 1);
    CHECK(plan.value().on_series.empty());
    CHECK(plan.value().on_sample.size() == 1);
    CHECK_FALSE(plan.value().rollup);
}

TEST_CASE("cross condition: a plan says what is asked of other stores") {
    const std::string text = printPlan(
        planOf("EVENTS SINCE 1h ago WHERE METRIC cpu[core=\"0\"] > 80 AND METRIC mem >= 1.5 "
               "AND NOT (LOG sshd CONTAINING \"reset\" EXISTS)"));
    CHECK(text.find("before, in other stores: METRIC \"cpu\"[core == \"0\"] > 80\n") !=
          std::string::npos);
    CHECK(text.find("before, in other stores: METRIC \"mem\" >= 1.5\n") != std::string::npos);
    CHECK(text.find("before, in other stores: NOT (LOG \"sshd\" CONTAINING \"reset\" EXISTS)\n") !=
          std::string::npos);
    const auto metric = planMetric(parsed("METRIC m SINCE 1h ago WHERE EVENT a.* EXISTS"), kNow);
    CHECK(printMetricPlan(metric.value()).find("before, in other stores: EVENT \"a.*\" EXISTS\n") !=
          std::string::npos);
}

TEST_CASE("cross condition: a question has so many of them and no more") {
    std::string text = "EVENTS SINCE 1h ago WHERE METRIC m > 0";
    for (size_t i = 1; i < kCrossConditionsMax; ++i) {
        text += " AND METRIC m > 0";
    }
    CHECK(planOf(text).cross.size() == kCrossConditionsMax);
    const auto plan = planQuery(parsed(text + " AND LOG a EXISTS"), kNow);
    REQUIRE_FALSE(plan.ok());
    CHECK(plan.error().kind == base::ErrorKind::Invalid);
}

TEST_CASE("cross condition: an event type that is asked for counts as filtered by") {
    using Fields = std::vector<std::string>;
    CHECK(crossFields(planOf("LOGS SINCE 1h ago WHERE EVENT a EXISTS").cross) ==
          Fields{"event_type"});
    CHECK(crossFields(planOf("LOGS SINCE 1h ago WHERE METRIC a > 1").cross).empty());
    CHECK(filterFields(planOf("EVENTS SINCE 1h ago WHERE METRIC a > 1 AND b == 1")) == Fields{"b"});
}

TEST_CASE("cross condition: the range may be as long as the limit and no longer") {
    CHECK(fits("EVENTS SINCE 3600s ago WHERE METRIC a > 1", 3600));
    CHECK_FALSE(fits("EVENTS SINCE 3601s ago WHERE METRIC a > 1", 3600));
    CHECK(fits("EVENTS SINCE 7200s ago UNTIL 3600s ago WHERE METRIC a > 1", 3600));
    CHECK_FALSE(fits("EVENTS SINCE 3600s ago UNTIL 1s hence WHERE METRIC a > 1", 3600));
    CHECK(fits("EVENTS SINCE 1h ago UNTIL 9d ago WHERE METRIC a > 1", 3600));
    CHECK(fits("EVENTS SINCE 100d ago", 3600));
    CHECK(fits("EVENTS", 3600));
}

TEST_CASE("cross condition: a range that is too long is refused with the place and the advice") {
    const auto checked =
        checkLookback(parsed("LOGS SINCE 2d ago WHERE a == 1 OR NOT (EVENT b EXISTS)"), kNow, 3600);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().kind == base::ErrorKind::Invalid);
    CHECK(checked.error().text ==
          "the time range is too large for the condition on EVENT at line 1, column 40, which may "
          "look at 3600 seconds, narrow it with SINCE and UNTIL");
}

}  // namespace evd::queryd
