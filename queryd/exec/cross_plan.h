#pragma once

#include "queryd/exec/time_ranges.h"
#include "queryd/plan/metric_plan.h"
#include "queryd/plan/record_plan.h"

#include <memory>
#include <vector>

namespace evd::queryd {

// Where each of a plan's conditions on other stores holds, in their order.
using CrossRanges = std::vector<std::shared_ptr<const TimeRanges>>;

// So few ranges are compared with in SQL; more of them are searched per row.
inline constexpr size_t kRangesInSqlMax = 8;

// The plan with the answers of the other stores in place of the questions to them (Spec §8.6, step
// 1): what speaks of moments alone narrows the range of time, and where it leaves holes in it
// becomes one more condition; a condition that is mixed with others stands where it stood, with its
// ranges.
//
// `known` is the range for which the answers were got; NOT is the complement in it. Records outside
// of it must not matter to the plan. Pure.
RecordPlan resolveCross(const RecordPlan& plan, const CrossRanges& ranges, const TimeRange& known);
MetricPlan resolveCross(const MetricPlan& plan, const CrossRanges& ranges, const TimeRange& known);

}  // namespace evd::queryd
