#include "queryd/exec/metric_task.h"

#include "queryd/exec/read_snapshot.h"

namespace evd::queryd {

base::Result<ScanEnd> MetricTask::slice(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    SampleStatements statements(connection);
    const int64_t pause_at_ns = control_.clock->monotonicNs() + kScanSliceNs;
    while (next_ < reads_.size()) {
        auto end = reads_[next_]->slice(statements, control_, pause_at_ns, memory_);
        if (!end) {
            return end.error();
        }
        if (end.value() == ScanEnd::Paused) {
            return ScanEnd::Paused;
        }
        failure_ = reads_[next_]->failure();
        if (!failure_.ok()) {
            return ScanEnd::Finished;
        }
        ++next_;
        if (control_.clock->monotonicNs() >= pause_at_ns && next_ < reads_.size()) {
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
