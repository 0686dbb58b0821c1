#pragma once

#include "common/base/result.h"
#include "queryd/exec/metric_read.h"
#include "queryd/exec/shard_tasks.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

// Looking a sample up through the index on series costs about this many times as much as passing
// over one in the table.
inline constexpr uint64_t kSampleLookUpCost = 3;
inline constexpr size_t kSeriesCounted = 4;  // as many stand for all when rows are estimated

// Whether so many of the table's rows are wanted that it is quicker to read it from one end to the
// other. Pure.
bool isScanQuicker(uint64_t wanted_rows, uint64_t table_rows);

// Reads many series of one database at once, in the order in which their samples were stored
// (rowid), where that is quicker than series by series: a question about most of a store.
//
// The first slice estimates from a few series how much of the table is wanted. Samples are nearly
// always stored in the order of their time; a series that turns out not to be is started anew and
// left to a MetricTask, like all of them where the scan is not worth it: left() tells, when the
// task is done. The reads outlive it and hold its results; what they hold is counted here, so this
// lives as long as they do. See ShardTask.
class MetricScanTask final : public ShardTask {
  public:
    MetricScanTask(DatabaseFile file, const RunControl& control, std::vector<SeriesRead*> reads,
                   MemoryBudget& memory);

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    // The reads that still have everything before them.
    const std::vector<SeriesRead*>& left() const { return left_; }

  private:
    base::Result<bool> isWorthIt(db::Connection& connection);
    base::Result<uint64_t> countSamples(db::Connection& connection, const SeriesRead& read,
                                        uint64_t rows_max) const;
    base::Result<ScanEnd> scan(db::Connection& connection);
    SeriesRead* readOf(int64_t series_id);
    void giveUp(SeriesRead& read);
    bool account();

    const RunControl control_;
    std::vector<SeriesRead*> reads_;  // by id of their series; none: it was given up
    std::vector<int64_t> ids_;        // of the same
    std::vector<SeriesRead*> left_;
    MemoryShare memory_;
    TimeRange range_;  // the same for all
    bool decided_ = false;
    size_t begun_ = 0;         // reads
    size_t next_ = 0;          // where the next sample's series probably is
    size_t at_ = 0;            // the sample at hand's
    int64_t last_rowid_ = 0;   // of the table when the scan began
    int64_t after_rowid_ = 0;  // what has been read
    base::Result<void> failure_;
};

}  // namespace evd::queryd
