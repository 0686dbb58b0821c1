#pragma once

#include "queryd/exec/metric_scan.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace evd::queryd {

// One database that is scanned for its samples, by several threads at once where that is worth it:
// each takes a range of rows.
//
// The rows are those that were there when the survey was taken: the parts have different snapshots,
// but rows below its last one do not change, and no later row is in any part. Retention may remove
// rows meanwhile, which then are missing in a part as they would be in a slow scan by one thread. A
// series whose parts do not follow one another in time is left to be read by the index. One thread,
// the question's; plan and series outlive it.
class MetricScanParts {
  public:
    MetricScanParts(size_t database, const DatabaseFile& file, const IdRange& rowids,
                    const ThreadSharing& sharing, const std::vector<SeriesRead*>& reads);
    MetricScanParts(MetricScanParts&&) = default;

    // A task for each part; one for few rows.
    void makeTasks(const RunControl& control, MemoryBudget& memory,
                   std::vector<std::unique_ptr<ShardTask>>& tasks);
    size_t database() const { return database_; }

    // When the tasks are done: puts the parts of each series together. Answers the reads that still
    // have everything before them.
    std::vector<SeriesRead*> join();

  private:
    struct Part {
        IdRange rowids;
        std::vector<SeriesRead*> reads;  // one per series, in the same order in all parts
        MetricScanTask* task = nullptr;
    };

    bool joinSeries(size_t series);

    size_t database_;
    DatabaseFile file_;
    std::vector<Part> parts_;
    std::vector<std::unique_ptr<SeriesRead>> continuations_;
};

}  // namespace evd::queryd
