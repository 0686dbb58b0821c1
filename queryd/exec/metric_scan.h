#pragma once

#include "common/base/result.h"
#include "queryd/exec/metric_read.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/shard_tasks.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evd::queryd {

// Looking a sample up through the index on series costs about this many times as much as passing
// over one in the table.
inline constexpr uint64_t kSampleLookUpCost = 3;
inline constexpr size_t kSeriesCounted = 4;  // as many stand for all when rows are estimated

// Whether so many of the table's rows are wanted that it is quicker to read it from one end to the
// other. Pure.
bool isScanQuicker(uint64_t wanted_rows, uint64_t table_rows);

// Tells whether a question's series are most of a database, by counting the samples of a few, and
// between which rows all of them lie. See ShardTask.
class MetricScanSurvey final : public ShardTask {
  public:
    MetricScanSurvey(DatabaseFile file, const std::vector<SeriesRead*>& reads)
        : ShardTask(std::move(file)), reads_(reads) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return {}; }
    std::string_view stepName() const override { return "survey"; }

    bool isWorthIt() const { return is_worth_it_; }
    const IdRange& rowids() const { return rowids_; }  // of the table, where it is worth it

  private:
    base::Result<uint64_t> countSamples(db::Connection& connection, const SeriesRead& read,
                                        uint64_t rows_max) const;

    const std::vector<SeriesRead*>& reads_;
    bool is_worth_it_ = false;
    IdRange rowids_;
};

// Reads many series of one database at once, in the order in which their samples were stored
// (rowid), where that is quicker than series by series: a question about most of a store.
//
// Samples are nearly always stored in the order of their time; a series that turns out not to be is
// started anew and left: left() tells, when the task is done. Of a table that is read in parts,
// each part has reads of its own, which are joined afterwards (SeriesRead::join). SQLite hands the
// samples over from within its loop, as to a row filter, which spares going in and out of it for
// each. The reads outlive the task and hold its results; what they hold is counted here, so this
// lives as long as they do. See ShardTask.
class MetricScanTask final : public ShardTask {
  public:
    // Which rows, and whether other rows come before them.
    struct Part {
        IdRange rowids;
        bool is_first = true;
    };

    MetricScanTask(DatabaseFile file, const RunControl& control, std::vector<SeriesRead*> reads,
                   const Part& part, MemoryBudget& memory);

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    // The reads that still have everything before them.
    const std::vector<SeriesRead*>& left() const { return left_; }
    // Whether it came to the end of its rows.
    bool isFinished() const { return is_finished_; }
    // Starts a read of this task anew: it is not what it was taken for.
    void restart(SeriesRead& read) { read.restart(memory_); }

  private:
    base::Result<ScanEnd> scan(db::Connection& connection);
    bool take(const db::RowView& row);
    SeriesRead* readOf(int64_t series_id);
    void giveUp(SeriesRead& read);
    bool account();

    const RunControl control_;
    std::vector<SeriesRead*> reads_;  // by id of their series; none: it was given up
    std::vector<int64_t> ids_;        // of the same
    std::vector<SeriesRead*> left_;
    const bool is_first_;
    MemoryShare memory_;
    TimeRange range_;     // the same for all
    IdRange rowids_;      // what is left to be read
    size_t begun_ = 0;    // reads
    size_t next_ = 0;     // where the next sample's series probably is
    size_t at_ = 0;       // the sample at hand's
    uint32_t taken_ = 0;  // samples, in all
    int64_t pause_at_ns_ = 0;
    bool is_finished_ = false;
    base::Result<void> failure_;
};

}  // namespace evd::queryd
