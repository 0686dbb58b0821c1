#pragma once

#include "common/base/result.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/store_readers.h"
#include "queryd/plan/metric_plan.h"

#include <string>
#include <vector>

namespace evd::queryd {

// The databases that may hold samples: the metric store and those of it that were put aside (Ruling
// S6), in name order; none when there is no store yet.
base::Result<std::vector<DatabaseFile>> metricDatabases(const std::string& metric_store_path);

// The answer to a METRIC question, from planned to sent (Spec §8.4, §8.6; Ruling M1 to M6).
//
// Finds the series, reads them side by side on the pool, combines them where no brackets were
// written and sends the records. Runs on the question's thread. Samples that are read are folded at
// once where a window or a scalar is asked for; what is held, points of 16 bytes, is taken from the
// memory budget. Fails with Invalid where the functions do not fit the series (Ruling M6) or the
// result is no number (Ruling Q8), with the control's error, the sink's, or Busy for memory.
base::Result<void> answerMetric(StoreReaders& readers, const MetricPlan& plan,
                                const std::vector<DatabaseFile>& databases, int64_t staleness_ns,
                                const RunControl& control, RecordSink& sink);

}  // namespace evd::queryd
