#include "queryd/plan/metric_planner.h"

#include "queryd/lang/parser.h"
#include "queryd/plan/metric_plan_printer.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {
namespace {

constexpr int64_t kNow = 1'767'225'600'000'000'000;
constexpr int64_t kMinute = 60'000'000'000;

MetricPlan planOf(std::string_view text) {
    const auto query = parseQuery(text);
    REQUIRE(query.ok());
    auto plan = planMetric(query.value(), kNow);
    REQUIRE(plan.ok());
    return std::move(plan).value();
}

std::optional<RollupUse> rollupOf(std::string_view functions) {
    return planOf("METRIC x[] SINCE 1h ago " + std::string(functions)).rollup;
}

TEST_CASE("metric planner: conditions are judged once per series where they can be") {
    const MetricPlan plan = planOf(
        "METRIC cpu.*[core=\"0\", host != a] WHERE type == gauge AND value > 5 AND (a == b OR "
        "name == c) WHERE timestamp < today OR a == b");
    CHECK(plan.on_series.size() == 4);
    CHECK(plan.on_sample.size() == 2);
    CHECK(plan.per_series);
    CHECK(plan.latest);
}

TEST_CASE("metric planner: brackets speak of labels, WHERE of fields") {
    const MetricPlan plan = planOf("METRIC x[value=\"5\"] WHERE value == 5");
    REQUIRE(plan.fields.size() == 2);
    CHECK(plan.fields[0] == MetricField{"value", MetricField::Kind::Label});
    CHECK(plan.fields[1] == MetricField{"value", MetricField::Kind::Value});
}

TEST_CASE("metric planner: UNTIL is now, and the present belongs to it") {
    const MetricPlan plan = planOf("METRIC x SINCE 1m ago");
    CHECK(plan.time == TimeRange{kNow - kMinute, kNow + 1});
    CHECK_FALSE(plan.latest);
    CHECK(planOf("METRIC x UNTIL 1m ago").time.until_ns == kNow - kMinute);
}

TEST_CASE("metric planner: bounds on the time narrow what is read and stay conditions") {
    const MetricPlan plan =
        planOf("METRIC x SINCE 1h ago WHERE timestamp > 5m ago AND timestamp <= 1m ago");
    CHECK(plan.bounds == TimeRange{kNow - 5 * kMinute, kNow - kMinute + 1});
    CHECK(plan.on_sample.size() == 2);
    const MetricPlan moment = planOf("METRIC x WHERE timestamp == 1m ago");
    CHECK(moment.bounds == TimeRange{kNow - kMinute, kNow - kMinute + 1});
    const MetricPlan other = planOf("METRIC x WHERE timestamp != 1m ago OR value > 5");
    CHECK(other.bounds == TimeRange{});
    const MetricPlan last = planOf("METRIC x WHERE timestamp <= 9223372036854775807");
    CHECK(last.bounds == TimeRange{});
}

TEST_CASE("metric planner: windows that mean what a rollup holds name it (Spec §7.4)") {
    using wire::RollupFunction;
    CHECK(rollupOf("AVG_OVER 5m") == RollupUse{RollupFunction::Avg, 300});
    CHECK(rollupOf("MIN_OVER 1h") == RollupUse{RollupFunction::Min, 3600});
    CHECK(rollupOf("MAX_OVER 30s") == RollupUse{RollupFunction::Max, 30});
    CHECK(rollupOf("SUM_OVER 1d") == RollupUse{RollupFunction::Sum, 86400});
    CHECK(rollupOf("RATE AVG_OVER 1m") == RollupUse{RollupFunction::Rate, 60});
    CHECK(rollupOf("DELTA SUM_OVER 1m") == RollupUse{RollupFunction::Delta, 60});
    CHECK(rollupOf("DELTA AVG_OVER 1m") == RollupUse{RollupFunction::Delta, 60});
}

TEST_CASE("metric planner: other questions have no rollup") {
    for (const std::string_view functions :
         {"", "RATE", "RATE MIN_OVER 1m", "RATE SUM_OVER 1m", "DELTA MAX_OVER 1m",
          "P95 AVG_OVER 1m", "AVG", "AVG AVG_OVER 1m", "AVG_OVER 1m WHERE value > 5",
          "AVG_OVER 5000000000s"}) {
        CAPTURE(functions);
        CHECK_FALSE(rollupOf(functions));
    }
    CHECK(rollupOf("AVG_OVER 1m WHERE host == a"));
    CHECK(planOf("METRIC x SINCE 1h ago SUM AVG_OVER 1m").rollup);  // if one series speaks
}

TEST_CASE("metric planner: a plan is printed step by step") {
    CHECK(printMetricPlan(planOf("METRIC http.*[method=GET] SINCE 1h ago WHERE value > 5 RATE SUM "
                                 "AVG_OVER 5m SORT value DESC SKIP 1 TAKE 2 SELECT value")) ==
          "series like \"http.*\"\n"
          "once per series: method == \"GET\"\n"
          "samples from 2025-12-31T23:00:00.000000000Z before 2026-01-01T00:00:00.000000001Z\n"
          "per sample: value > 5\n"
          "per sample: RATE\n"
          "over time, per series: SUM\n"
          "per window of 300 s: AVG\n"
          "sort: value DESC\n"
          "skip: 1\n"
          "take: 2\n"
          "select: value\n");
    CHECK(printMetricPlan(planOf("METRIC x UNTIL 1h ago")) ==
          "series like \"x\"\n"
          "latest sample before 2025-12-31T23:00:00.000000000Z\n"
          "across series: AVG\n");
    CHECK(printMetricPlan(planOf("METRIC x SINCE 1h ago AVG_OVER 1m")) ==
          "series like \"x\"\n"
          "samples from 2025-12-31T23:00:00.000000000Z before 2026-01-01T00:00:00.000000001Z\n"
          "across series: AVG\n"
          "per window of 60 s: AVG\n"
          "rollups where they are there, samples for the rest\n");
}

}  // namespace
}  // namespace evd::queryd
