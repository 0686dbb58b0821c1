#include "queryd/exec/metric_scan.h"

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
// A plus sign keeps the index on series and time out.
constexpr std::string_view kScan =
    "SELECT series_id, timestamp, value, rowid, histogram_data FROM samples NOT INDEXED WHERE "
    "rowid > ? AND rowid <= ? AND +timestamp >= ? AND +timestamp < ? ORDER BY rowid";

}  // namespace

bool isScanQuicker(uint64_t wanted_rows, uint64_t table_rows) {
    return wanted_rows > table_rows / kSampleLookUpCost;
}

MetricScanTask::MetricScanTask(DatabaseFile file, const RunControl& control,
                               std::vector<SeriesRead*> reads, MemoryBudget& memory)
    : ShardTask(std::move(file)), control_(control), reads_(std::move(reads)), memory_(memory) {
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
    if (!decided_) {
        auto worth_it = isWorthIt(connection);
        if (!worth_it) {
            return worth_it.error();
        }
        decided_ = true;
        if (!worth_it.value()) {
            left_ = std::move(reads_);
            reads_.clear();
        }
    }
    return reads_.empty() ? base::Result<ScanEnd>(ScanEnd::Finished) : scan(connection);
}

base::Result<bool> MetricScanTask::isWorthIt(db::Connection& connection) {
    auto rowids = connection.prepare(kRowids);
    if (!rowids) {
        return rowids.error();
    }
    auto row = rowids.value()->step();
    if (!row) {
        return row.error();
    }
    if (reads_.empty() || rowids.value()->columnKind(0) == db::ColumnKind::Null) {
        return false;
    }
    const int64_t first_rowid = rowids.value()->columnInteger(0);
    last_rowid_ = rowids.value()->columnInteger(1);
    after_rowid_ = std::max(first_rowid, std::numeric_limits<int64_t>::min() + 1) - 1;
    // As unsigned, the difference of any two rowids fits.
    const uint64_t table_rows =
        static_cast<uint64_t>(last_rowid_) - static_cast<uint64_t>(after_rowid_);
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
    return isScanQuicker(wanted_rows * reads_.size() / counted, table_rows);
}

base::Result<uint64_t> MetricScanTask::countSamples(db::Connection& connection,
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

base::Result<ScanEnd> MetricScanTask::scan(db::Connection& connection) {
    SampleStatements statements(connection);
    const int64_t pause_at_ns = control_.clock->monotonicNs() + kScanSliceNs;
    for (; begun_ < reads_.size(); ++begun_) {
        EVD_TRY(reads_[begun_]->beginScan(statements));
    }
    auto statement = connection.prepare(kScan);
    if (!statement) {
        return statement.error();
    }
    db::Statement& rows = *statement.value();
    rows.bindInteger(1, after_rowid_);
    rows.bindInteger(2, last_rowid_);
    rows.bindInteger(3, range_.since_ns);
    rows.bindInteger(4, range_.until_ns);
    for (uint32_t taken = 1;; ++taken) {
        auto there = rows.step();
        if (!there) {
            return there.error();
        }
        if (!there.value()) {
            break;
        }
        const SampleRow row{rows.columnInteger(1), rows.columnInteger(3), rows.columnFloat(2),
                            rows.columnBlob(4)};
        SeriesRead* read = readOf(rows.columnInteger(0));
        if (read != nullptr && !read->takeScanned(row)) {
            giveUp(*read);
        }
        after_rowid_ = row.rowid;
        if (taken % kRowsBetweenCounts == 0 && !account()) {
            return ScanEnd::Finished;
        }
        const bool checks = taken % kRowsBetweenChecks == 0;
        if (checks && (control_.clock->monotonicNs() >= pause_at_ns || control_.shouldStop())) {
            return ScanEnd::Paused;
        }
    }
    for (SeriesRead* read : reads_) {
        if (read != nullptr) {
            read->finishScan();
        }
    }
    (void)account();  // failure() tells
    return ScanEnd::Finished;
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
