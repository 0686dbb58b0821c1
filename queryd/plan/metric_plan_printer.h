#pragma once

#include "queryd/plan/metric_plan.h"

#include <string>

namespace evd::queryd {

// The plan of a METRIC question as a person reads it, one step a line; what `evctl explain` begins
// with. Never SQL.
std::string printMetricPlan(const MetricPlan& plan);

}  // namespace evd::queryd
