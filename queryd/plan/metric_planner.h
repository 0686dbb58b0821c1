#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>

namespace evd::queryd {

// From a parsed METRIC question to the way it will be answered (Spec §8.4, §8.6; Ruling M1).
//
// Gives names and values their meaning and splits the conditions by whether they can be judged once
// per series. Which types the series have is only known when the question runs (Ruling M6). Invalid
// with a sentence and a place where a value cannot be meant. Pure, any thread.
base::Result<MetricPlan> planMetric(const Query& query, int64_t now_ns);

}  // namespace evd::queryd
