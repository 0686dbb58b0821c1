#include "queryd/exec/metric_task.h"

#include "queryd/exec/read_snapshot.h"

namespace evd::queryd {

base::Result<ScanEnd> MetricTask::slice(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    SampleStatements statements(connection);
    const int64_t pause_at_ns = control_.clock->monotonicNs() + kScanSliceNs;
    while (!reads_.empty()) {
        if (next_ == reads_.size()) {
            next_ = 0;
            step_ = ReadStep();
        }
        step_.is_bounded = reads_.size() > 1;
        auto end = reads_[next_]->slice(statements, control_, pause_at_ns, step_, memory_);
        if (!end) {
            return end.error();
        }
        failure_ = reads_[next_]->failure();
        if (!failure_.ok()) {
            return ScanEnd::Finished;
        }
        // Whoever stopped for lack of time goes on with the same step.
        const bool is_late = control_.clock->monotonicNs() >= pause_at_ns;
        if (end.value() == ScanEnd::Finished) {
            reads_.erase(reads_.begin() + static_cast<ptrdiff_t>(next_));
        } else if (!is_late && !control_.shouldStop()) {
            ++next_;
        }
        if (!reads_.empty() && (is_late || control_.shouldStop())) {
            return ScanEnd::Paused;
        }
    }
    return ScanEnd::Finished;
}

base::Result<ScanEnd> SelectTask::slice(db::Connection& connection) {
    series_.clear();  // of an attempt that failed
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    EVD_TRY(selectSeries(connection, database_, plan_, series_));
    size_t held = 0;
    for (const MetricSeries& series : series_) {
        held += series.heldBytes();
    }
    failure_ = memory_.grow(held);
    return ScanEnd::Finished;
}

}  // namespace evd::queryd
