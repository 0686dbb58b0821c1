#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>

namespace evd::queryd {

// From a parsed question to the way it will be answered.
//
// Everything that must hold is split by who judges it most cheaply: bounds on timestamp become the
// time range, conditions on the event type or the log origin alone are judged once per name, what
// SQL says exactly as the language means it goes into the statement, and the rest stays for the row
// loop. METRIC is for planMetric. Pure, any thread.
base::Result<RecordPlan> planQuery(const Query& query, int64_t now_ns);

// What of a streaming question holds for records committed later: the time range, the conditions
// and SELECT (Ruling Q11). Fields of an aggregation's result become the event's own of that name.
RecordPlan livePlan(const RecordPlan& plan);

}  // namespace evd::queryd
