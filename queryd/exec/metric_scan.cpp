#include "queryd/exec/metric_scan.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

constexpr uint32_t kRowsBetweenChecks = 1024;
constexpr uint32_t kRowsBetweenCounts = 64 * 1024;  // of what is held

constexpr std::string_view kRowids =
    "SELECT (SELECT min(rowid) FROM samples), (SELECT max(rowid) FROM samples)";
constexpr std::string_view kCount =
    "SELECT count(*) FROM (SELECT 1 FROM samples WHERE series_id = ? AND timestamp >= ? AND "
    "timestamp < ? LIMIT ?)";
// The filter takes the rows; only one that the scan pauses at comes out.
const std::string kScan = base::cat(
    "SELECT rowid FROM samples NOT INDEXED WHERE rowid > ? AND rowid <= ? AND ", db::kRowFilterName,
    "(rowid, series_id, timestamp, value, histogram_data) ORDER BY rowid");

}  // namespace

bool isScanQuicker(uint64_t wanted_rows, uint64_t table_rows) {
    return wanted_rows > table_rows / kSampleLookUpCost;
}

base::Result<ScanEnd> MetricScanSurvey::slice(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    auto ends = connection.prepare(kRowids);
    if (!ends) {
        return ends.error();
    }
    auto row = ends.value()->step();
    if (!row) {
        return row.error();
    }
    if (reads_.empty() || ends.value()->columnKind(0) == db::ColumnKind::Null) {
        return ScanEnd::Finished;
    }
    const int64_t first_rowid = ends.value()->columnInteger(0);
    rowids_ = {std::max(first_rowid, std::numeric_limits<int64_t>::min() + 1) - 1,
               ends.value()->columnInteger(1)};
    // As unsigned, the difference of any two rowids fits.
    const uint64_t table_rows =
        static_cast<uint64_t>(rowids_.last) - static_cast<uint64_t>(rowids_.after);
    const uint64_t share = table_rows / reads_.size() + 1;
    const size_t counted = std::min(kSeriesCounted, reads_.size());
    uint64_t wanted_rows = 0;
    for (size_t i = 0; i < counted; ++i) {
        auto rows = countSamples(connection, *reads_[i * reads_.size() / counted], share);
        if (!rows) {
            return rows.error();
        }
        wanted_rows += rows.value();
    }
    is_worth_it_ = isScanQuicker(wanted_rows * reads_.size() / counted, table_rows);
    return ScanEnd::Finished;
}

base::Result<uint64_t> MetricScanSurvey::countSamples(db::Connection& connection,
                                                      const SeriesRead& read,
                                                      uint64_t rows_max) const {
    auto statement = connection.prepare(kCount);
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, read.seriesId());
    statement.value()->bindInteger(2, read.range().since_ns);
    statement.value()->bindInteger(3, read.range().until_ns);
    statement.value()->bindInteger(4, static_cast<int64_t>(rows_max));
    auto row = statement.value()->step();
    return row ? base::Result<uint64_t>(static_cast<uint64_t>(statement.value()->columnInteger(0)))
               : row.error();
}

MetricScanTask::MetricScanTask(DatabaseFile file, const RunControl& control,
                               std::vector<SeriesRead*> reads, const Part& part,
                               MemoryBudget& memory)
    : ShardTask(std::move(file)),
      control_(control),
      reads_(std::move(reads)),
      is_first_(part.is_first),
      memory_(memory),
      rowids_(part.rowids) {
    std::sort(reads_.begin(), reads_.end(), [](const SeriesRead* left, const SeriesRead* right) {
        return left->seriesId() < right->seriesId();
    });
    for (const SeriesRead* read : reads_) {
        ids_.push_back(read->seriesId());
        range_ = read->range();
    }
}

base::Result<ScanEnd> MetricScanTask::slice(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    SampleStatements statements(connection);
    for (; begun_ < reads_.size(); ++begun_) {
        EVD_TRY(is_first_ ? reads_[begun_]->beginScan(statements) : reads_[begun_]->continueScan());
    }
    pause_at_ns_ = control_.clock->monotonicNs() + kScanSliceNs;
    EVD_TRY(connection.setRowFilter([this](const db::RowView& row) { return take(row); }));
    auto end = scan(connection);
    EVD_TRY(connection.setRowFilter({}));
    return end;
}

base::Result<ScanEnd> MetricScanTask::scan(db::Connection& connection) {
    auto statement = connection.prepare(kScan);
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, rowids_.after);
    statement.value()->bindInteger(2, rowids_.last);
    auto paused = statement.value()->step();
    if (!paused) {
        return paused.error();
    }
    if (paused.value()) {
        return failure_.ok() ? ScanEnd::Paused : ScanEnd::Finished;
    }
    for (SeriesRead* read : reads_) {
        if (read != nullptr) {
            read->finishScan();
        }
    }
    (void)account();  // failure() tells
    is_finished_ = true;
    return ScanEnd::Finished;
}

// Whether to pause at this sample, which has been taken.
bool MetricScanTask::take(const db::RowView& row) {
    const SampleRow sample{row.columnInteger(2), row.columnInteger(0), row.columnFloat(3),
                           row.columnBlob(4)};
    rowids_.after = sample.rowid;
    if (sample.timestamp_ns >= range_.since_ns && sample.timestamp_ns < range_.until_ns) {
        SeriesRead* read = readOf(row.columnInteger(1));
        if (read != nullptr && !read->takeScanned(sample)) {
            giveUp(*read);
        }
    }
    ++taken_;
    if (taken_ % kRowsBetweenCounts == 0 && !account()) {
        return true;
    }
    return taken_ % kRowsBetweenChecks == 0 &&
           (control_.clock->monotonicNs() >= pause_at_ns_ || control_.shouldStop());
}

// Samples that were taken together are stored by series: the next one's is mostly the next.
SeriesRead* MetricScanTask::readOf(int64_t series_id) {
    if (next_ >= ids_.size() || ids_[next_] != series_id) {
        const auto found = std::lower_bound(ids_.begin(), ids_.end(), series_id);
        if (found == ids_.end() || *found != series_id) {
            return nullptr;
        }
        next_ = static_cast<size_t>(found - ids_.begin());
    }
    SeriesRead* const read = reads_[next_];
    at_ = next_;
    next_ = next_ + 1 < ids_.size() ? next_ + 1 : 0;
    return read;
}

void MetricScanTask::giveUp(SeriesRead& read) {
    read.restart(memory_);
    left_.push_back(&read);
    reads_[at_] = nullptr;
}

bool MetricScanTask::account() {
    for (SeriesRead* read : reads_) {
        if (read != nullptr && failure_.ok() && !read->account(memory_)) {
            failure_ = read->failure();
        }
    }
    return failure_.ok();
}

}  // namespace evd::queryd
