#include "store/commit_meter.h"

namespace evd::store {

void WriterFigures::addMeasures(
    const std::function<void(std::string_view name, int64_t value)>& add) const {
    add("wal_bytes", wal_bytes);
    add("checkpoint_blocked", checkpoint_blocked ? 1 : 0);
    add("batch_rows", static_cast<int64_t>(batch_rows));
    add("commit_p50_us", commit.p50_us);
    add("commit_p99_us", commit.p99_us);
    add("failed_batches", static_cast<int64_t>(failed_batches));
}

void CommitMeter::committed(uint64_t rows, int64_t commit_ns) {
    rows_written_ += rows;
    batch_rows_.store(rows);
    latency_.add(commit_ns);
}

WriterFigures CommitMeter::figures(const Checkpointer& checkpointer) const {
    return {rows_written_.load(),     batch_rows_.load(),     checkpointer.walBytes(),
            checkpointer.isBlocked(), failed_batches_.load(), latency_.percentiles()};
}

}  // namespace evd::store
