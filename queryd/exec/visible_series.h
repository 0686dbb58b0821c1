#pragma once

#include "common/base/result.h"
#include "queryd/exec/metric_series.h"
#include "queryd/exec/sight.h"
#include "queryd/plan/metric_plan.h"

#include <optional>
#include <string_view>
#include <vector>

namespace evd::queryd {

// What of one series after another the caller may see (Spec §9.1, §9.2): the fixed fields of its
// samples and its labels make the question to the access check. One thread.
class VisibleSeries {
  public:
    // Without a sight everything is seen; one outlives it.
    explicit VisibleSeries(const Sight* sight);

    bool mayRead(std::string_view name);
    // Puts aside what of the series is hidden; false: nothing of it may be seen.
    bool reveal(MetricSeries& series);

  private:
    std::optional<SightJudge> judge_;
};

// Ruling A4 for METRIC: functions compute with values, RATE and whatever folds or combines series
// over time with times, a function for one type of series with types, and SORT with what it names.
// Denied, with the sentence, where a series that is in question hides one of those.
base::Result<void> checkSeriesFields(const MetricPlan& plan,
                                     const std::vector<MetricSeries>& series);

// What series of which several become one show together: what all of them do.
SeriesFields commonFields(const std::vector<MetricSeries>& series);

}  // namespace evd::queryd
