#pragma once

#include "common/base/result.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/metric_functions.h"
#include "queryd/exec/metric_series.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/run_control.h"
#include "queryd/plan/metric_plan.h"

#include <span>
#include <vector>

namespace evd::queryd {

// A series of the result: what its records have in common, and its points in order of time.
struct ResultSeries {
    MetricSeries identity;
    bool has_type = true;  // false: made of series of several types
    std::vector<MetricPoint> points;
};

// Sends the records of a METRIC question (Spec §8.4 result format; Ruling Q6, Q8): flat maps
// {timestamp, name, labels..., value}, or what SELECT names of that and of type; labels that a
// series does not have are left out.
//
// The series come in the order of arrangeSeries(). Default order is oldest first, then series; SORT
// goes before that; then SKIP and TAKE. A value that is not finite is Invalid. Holds one small
// entry per record when it has to sort, taken from the budget. Used on the question's thread.
base::Result<void> sendRecords(const MetricPlan& plan, std::span<const ResultSeries> series,
                               const RunControl& control, MemoryBudget& memory, RecordSink& sink);

}  // namespace evd::queryd
