#include "queryd/exec/cross_plan.h"

#include "queryd/exec/condition_eval.h"
#include "queryd/exec/cross_metric.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/metric_planner.h"
#include "queryd/plan/planner.h"

#include <doctest/doctest.h>
#include <limits>

namespace evd::queryd {

namespace {

constexpr TimeRange kKnown = {0, 1000};

RecordPlan planOf(std::string_view where) {
    const auto query = parseQuery("EVENTS SINCE 2026-01-01 WHERE " + std::string(where));
    REQUIRE(query.ok());
    RecordPlan plan = planQuery(query.value(), 0).value();
    plan.time = kKnown;
    return plan;
}

std::shared_ptr<const TimeRanges> setOf(std::initializer_list<TimeRange> list) {
    TimeRanges ranges;
    for (const TimeRange& range : list) {
        ranges.append(range);
    }
    return std::make_shared<const TimeRanges>(ranges);
}

// Every field is the same moment.
class Moment final : public FieldSource {
  public:
    explicit Moment(int64_t moment) : moment_(moment) {}
    Value field(size_t) override { return Value::ofInt(moment_); }

  private:
    int64_t moment_;
};

CrossCondition above(double limit) {
    CrossCondition condition;
    condition.op = CompareOperator::Greater;
    condition.limit.kind = Constant::Kind::Float;
    condition.limit.float_value = limit;
    return condition;
}

}  // namespace

TEST_CASE("cross plan: one range narrows the time and leaves nothing to judge") {
    const RecordPlan plan = resolveCross(planOf("METRIC a > 1"), {setOf({{100, 200}})}, kKnown);
    CHECK(plan.time == TimeRange{100, 200});
    CHECK(plan.on_time.empty());
    CHECK(plan.on_column.empty());
    CHECK(plan.on_row.empty());
}

TEST_CASE("cross plan: a few ranges narrow the time and are left to SQL") {
    const RecordPlan plan =
        resolveCross(planOf("METRIC a > 1"), {setOf({{100, 200}, {300, 310}})}, kKnown);
    CHECK(plan.time == TimeRange{100, 310});
    REQUIRE(plan.on_column.size() == 1);
    CHECK(plan.on_row.empty());
    Moment in(305);
    Moment between(200);
    CHECK(holds(plan.on_column.front(), in));
    CHECK_FALSE(holds(plan.on_column.front(), between));
}

TEST_CASE("cross plan: many ranges are searched per row") {
    TimeRanges many;
    for (int64_t i = 0; i <= static_cast<int64_t>(kRangesInSqlMax); ++i) {
        many.append({10 * i, 10 * i + 5});
    }
    const RecordPlan plan =
        resolveCross(planOf("METRIC a > 1"), {std::make_shared<const TimeRanges>(many)}, kKnown);
    CHECK(plan.on_column.empty());
    REQUIRE(plan.on_row.size() == 1);
    Moment in(84);
    Moment between(86);
    CHECK(holds(plan.on_row.front(), in));
    CHECK_FALSE(holds(plan.on_row.front(), between));
}

TEST_CASE("cross plan: AND, OR and NOT are those of sets") {
    const RecordPlan plan = resolveCross(
        planOf("(METRIC a > 1 OR METRIC b > 1) AND NOT (METRIC c > 1)"),
        {setOf({{0, 100}}), setOf({{150, 400}}), setOf({{0, 50}, {300, 1000}})}, kKnown);
    CHECK(plan.time == TimeRange{50, 300});
    REQUIRE(plan.on_column.size() == 1);
    Moment gap(120);
    CHECK_FALSE(holds(plan.on_column.front(), gap));
}

TEST_CASE("cross plan: NOT is the complement in what is known") {
    const RecordPlan plan = resolveCross(planOf("NOT (METRIC a > 1)"), {setOf({})}, kKnown);
    CHECK(plan.time == kKnown);
    CHECK(plan.on_column.empty());
}

TEST_CASE("cross plan: a condition that never holds leaves an empty range") {
    const RecordPlan plan = resolveCross(planOf("METRIC a > 1"), {setOf({})}, kKnown);
    CHECK(plan.time.since_ns >= plan.time.until_ns);
}

TEST_CASE("cross plan: a mixed condition keeps its place and gets its ranges") {
    const RecordPlan asked = planOf("METRIC a > 1 OR timestamp == 7");
    CHECK(asked.on_time.empty());
    const RecordPlan plan = resolveCross(asked, {setOf({{100, 200}})}, kKnown);
    CHECK(plan.time == kKnown);
    REQUIRE(plan.on_row.size() == 1);
    Moment in(150);
    Moment out(250);
    Moment other(7);
    CHECK(holds(plan.on_row.front(), in));
    CHECK_FALSE(holds(plan.on_row.front(), out));
    CHECK(holds(plan.on_row.front(), other));
}

TEST_CASE("cross plan: samples are read no farther than the ranges reach") {
    const auto query = parseQuery("METRIC m SINCE 2026-01-01 WHERE EVENT e EXISTS");
    REQUIRE(query.ok());
    const MetricPlan asked = planMetric(query.value(), 0).value();
    CHECK(asked.on_time.size() == 1);
    const MetricPlan plan = resolveCross(asked, {setOf({{100, 200}, {300, 400}})}, kKnown);
    CHECK(plan.bounds == TimeRange{100, 400});
    CHECK(plan.on_sample.size() == 1);
    CHECK(plan.on_time.empty());
}

TEST_CASE("cross metric: a value holds from its sample to the next one") {
    const std::vector<MetricPoint> points = {{100, 9}, {200, 1}, {300, 9}, {300, 1}, {400, 9}};
    const TimeRanges ranges = rangesWhere(above(5), points, {150, 500});
    REQUIRE(ranges.count() == 2);
    CHECK(ranges.ranges()[0] == TimeRange{150, 200});
    CHECK(ranges.ranges()[1] == TimeRange{400, 500});
}

TEST_CASE("cross metric: nothing holds without samples, and NaN is above nothing") {
    CHECK(rangesWhere(above(5), {}, kKnown).isEmpty());
    const std::vector<MetricPoint> points = {{100, std::numeric_limits<double>::quiet_NaN()}};
    CHECK(rangesWhere(above(5), points, kKnown).isEmpty());
}

TEST_CASE("cross metric: samples beyond the range say nothing") {
    const std::vector<MetricPoint> points = {{2000, 9}};
    CHECK(rangesWhere(above(5), points, kKnown).isEmpty());
}

}  // namespace evd::queryd
