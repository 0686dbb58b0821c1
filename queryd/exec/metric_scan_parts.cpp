#include "queryd/exec/metric_scan_parts.h"

#include "queryd/exec/reading_plan.h"

#include <algorithm>

namespace evd::queryd {

MetricScanParts::MetricScanParts(size_t database, const DatabaseFile& file, const IdRange& rowids,
                                 const ThreadSharing& sharing,
                                 const std::vector<SeriesRead*>& reads)
    : database_(database), file_(file) {
    // As unsigned, the difference of any two rowids fits.
    const uint64_t rows = static_cast<uint64_t>(rowids.last) - static_cast<uint64_t>(rowids.after);
    for (const IdRange& part :
         splitIds(rowids, rows < sharing.split_rows_min ? 1 : sharing.threads)) {
        parts_.push_back({part, reads});
    }
    for (size_t i = 1; i < parts_.size(); ++i) {
        for (SeriesRead*& read : parts_[i].reads) {
            continuations_.push_back(read->continuation());
            read = continuations_.back().get();
        }
    }
}

void MetricScanParts::makeTasks(const RunControl& control, MemoryBudget& memory,
                                std::vector<std::unique_ptr<ShardTask>>& tasks) {
    for (size_t i = 0; i < parts_.size(); ++i) {
        auto task = std::make_unique<MetricScanTask>(file_, control, parts_[i].reads,
                                                     MetricScanTask::Part{parts_[i].rowids, i == 0},
                                                     memory);
        parts_[i].task = task.get();
        tasks.push_back(std::move(task));
    }
}

std::vector<SeriesRead*> MetricScanParts::join() {
    const bool is_whole = std::all_of(parts_.begin(), parts_.end(),
                                      [](const Part& part) { return part.task->isFinished(); });
    std::vector<SeriesRead*> left;
    for (size_t series = 0; series < parts_.front().reads.size(); ++series) {
        if (is_whole && joinSeries(series)) {
            continue;
        }
        for (const Part& part : parts_) {
            part.task->restart(*part.reads[series]);
        }
        // A database that could not be read to the end is left out of the answer.
        if (is_whole) {
            left.push_back(parts_.front().reads[series]);
        }
    }
    return left;
}

bool MetricScanParts::joinSeries(size_t series) {
    SeriesRead* first = parts_.front().reads[series];
    return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
        SeriesRead* read = part.reads[series];
        const auto& left = part.task->left();
        const bool is_left = std::find(left.begin(), left.end(), read) != left.end();
        return !is_left && (read == first || first->join(*read));
    });
}

}  // namespace evd::queryd
