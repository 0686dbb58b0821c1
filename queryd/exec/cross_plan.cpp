#include "queryd/exec/cross_plan.h"

#include "common/base/check.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

// A condition on moments alone as the set of them.
TimeRanges rangesOf(const Condition& condition, const CrossRanges& ranges, const TimeRange& known) {
    switch (condition.kind) {
        case Condition::Kind::During:
            return ranges[condition.cross]->intersectedWith(TimeRanges(known));
        case Condition::Kind::Not:
            return rangesOf(condition.children.front(), ranges, known).complementIn(known);
        case Condition::Kind::And:
        case Condition::Kind::Or:
            break;
        case Condition::Kind::Compare:
            EVD_CHECK(false, "a condition that is not on time alone");
    }
    const bool is_and = condition.kind == Condition::Kind::And;
    TimeRanges all = is_and ? TimeRanges(known) : TimeRanges();
    for (const Condition& child : condition.children) {
        const TimeRanges one = rangesOf(child, ranges, known);
        all = is_and ? all.intersectedWith(one) : all.unitedWith(one);
    }
    return all;
}

// Where all of them hold.
TimeRanges rangesOf(const std::vector<Condition>& conditions, const CrossRanges& ranges,
                    const TimeRange& known) {
    TimeRanges all(known);
    for (const Condition& condition : conditions) {
        all = all.intersectedWith(rangesOf(condition, ranges, known));
    }
    return all;
}

void giveRanges(Condition& condition, const CrossRanges& ranges) {
    if (condition.kind == Condition::Kind::During) {
        condition.ranges = ranges[condition.cross];
    }
    for (Condition& child : condition.children) {
        giveRanges(child, ranges);
    }
}

Condition during(size_t time_field, std::shared_ptr<const TimeRanges> ranges) {
    Condition condition;
    condition.kind = Condition::Kind::During;
    condition.field = time_field;
    condition.cross = std::numeric_limits<size_t>::max();  // it stands for several
    condition.ranges = std::move(ranges);
    return condition;
}

Condition compareTime(size_t time_field, CompareOperator op, int64_t moment) {
    Condition condition;
    condition.field = time_field;
    condition.op = op;
    condition.values = {Constant::ofInt(moment)};
    return condition;
}

// A few ranges as comparisons that SQL can make.
Condition anyOf(size_t time_field, const TimeRanges& ranges) {
    Condition any;
    any.kind = Condition::Kind::Or;
    for (const TimeRange& range : ranges.ranges()) {
        Condition both;
        both.kind = Condition::Kind::And;
        both.children.push_back(
            compareTime(time_field, CompareOperator::GreaterOrEqual, range.since_ns));
        if (range.until_ns != std::numeric_limits<int64_t>::max()) {
            both.children.push_back(compareTime(time_field, CompareOperator::Less, range.until_ns));
        }
        any.children.push_back(std::move(both));
    }
    return any;
}

// What is asked about moments names the record's time.
size_t timeField(const Condition& condition) {
    return condition.kind == Condition::Kind::During ? condition.field
                                                     : timeField(condition.children.front());
}

void narrow(TimeRange& time, const TimeRange& hull) {
    time.since_ns = std::max(time.since_ns, hull.since_ns);
    time.until_ns = std::min(time.until_ns, hull.until_ns);
}

}  // namespace

RecordPlan resolveCross(const RecordPlan& plan, const CrossRanges& ranges, const TimeRange& known) {
    RecordPlan resolved = plan;
    for (Condition& condition : resolved.on_row) {
        giveRanges(condition, ranges);
    }
    if (plan.on_time.empty()) {
        return resolved;
    }
    const auto wanted = std::make_shared<const TimeRanges>(rangesOf(plan.on_time, ranges, known));
    const size_t time_field = timeField(plan.on_time.front());
    resolved.on_time.clear();
    resolved.time_named = true;
    narrow(resolved.time, wanted->hull());
    if (wanted->count() < 2) {
        return resolved;
    }
    resolved.within = wanted;
    // A record's time counts here even where it is hidden, which a comparison would not know.
    if (wanted->count() > kRangesInSqlMax || plan.sight != nullptr) {
        resolved.on_row.insert(resolved.on_row.begin(), during(time_field, wanted));
    } else {
        resolved.on_column.push_back(anyOf(time_field, *wanted));
    }
    return resolved;
}

MetricPlan resolveCross(const MetricPlan& plan, const CrossRanges& ranges, const TimeRange& known) {
    MetricPlan resolved = plan;
    for (Condition& condition : resolved.on_sample) {
        giveRanges(condition, ranges);
    }
    narrow(resolved.bounds, known);
    if (plan.on_time.empty()) {
        return resolved;
    }
    TimeRanges wanted = rangesOf(plan.on_time, ranges, known);
    const size_t time_field = timeField(plan.on_time.front());
    resolved.on_time.clear();
    narrow(resolved.bounds, wanted.hull());
    if (wanted.count() > 1) {
        resolved.on_sample.insert(
            resolved.on_sample.begin(),
            during(time_field, std::make_shared<const TimeRanges>(std::move(wanted))));
    }
    return resolved;
}

}  // namespace evd::queryd
