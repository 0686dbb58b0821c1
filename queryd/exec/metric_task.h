#pragma once

#include "queryd/exec/metric_read.h"
#include "queryd/exec/shard_tasks.h"

#include <cstddef>
#include <vector>

namespace evd::queryd {

// Some of the series of a METRIC question, read in steps out of one database, in slices
// of kScanSliceNs (shard_tasks.h). The reads outlive it; what they hold is counted here, so this
// lives as long as their results.
class MetricTask final : public ShardTask {
  public:
    MetricTask(DatabaseFile file, const RunControl& control, std::vector<SeriesRead*> reads,
               MemoryBudget& memory)
        : ShardTask(std::move(file)),
          control_(control),
          reads_(std::move(reads)),
          memory_(memory) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    std::string_view stepName() const override { return "samples"; }

  private:
    const RunControl control_;
    std::vector<SeriesRead*> reads_;  // that are not at their end
    MemoryShare memory_;
    ReadStep step_;
    size_t next_ = 0;  // in this step
    base::Result<void> failure_;
};

// Finds the series of a question in one database.
class SelectTask final : public ShardTask {
  public:
    SelectTask(DatabaseFile file, size_t database, const MetricPlan& plan, MemoryBudget& memory)
        : ShardTask(std::move(file)), database_(database), plan_(plan), memory_(memory) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    std::string_view stepName() const override { return "series"; }
    std::vector<MetricSeries>& series() { return series_; }

  private:
    const size_t database_;
    const MetricPlan& plan_;
    MemoryShare memory_;
    std::vector<MetricSeries> series_;
    base::Result<void> failure_;
};

}  // namespace evd::queryd
