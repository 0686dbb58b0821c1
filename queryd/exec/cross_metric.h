#pragma once

#include "common/base/result.h"
#include "queryd/exec/metric_functions.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_readers.h"
#include "queryd/exec/time_ranges.h"
#include "queryd/plan/cross_condition.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace evd::queryd {

// Where the last of these points, in order of time, satisfies the condition: from a point that does
// to the next point, the last one to the end of the range (Spec §8.5). Of points of one moment the
// last one counts. Pure.
TimeRanges rangesWhere(const CrossCondition& condition, std::span<const MetricPoint> points,
                       const TimeRange& range);

struct CrossMetricLimits {
    int64_t lookback_ns = 0;   // how old the sample may be that stands at the range's beginning
    int64_t staleness_ns = 0;  // of series that are combined (Ruling M2)
};

// Where METRIC name[..] op number holds in the range: without brackets for the series as one (AVG,
// Ruling M2), with them wherever any of the series satisfies it. Series that hide their values or
// their times are not there (Spec §9.2).
//
// Blocks the question's thread while the pool reads. Databases that cannot be read hold nothing. A
// histogram is Invalid; further it fails when the folder cannot be read, when the control says so,
// past the memory budget, and with tooManyRanges().
base::Result<TimeRanges> readMetricRanges(StoreReaders& readers,
                                          const std::string& metric_store_path,
                                          const CrossCondition& condition,
                                          std::shared_ptr<const Sight> sight,
                                          const TimeRange& range, const CrossMetricLimits& limits,
                                          const RunControl& control);

}  // namespace evd::queryd
