#include "queryd/exec/hit_density.h"

#include "common/base/text.h"
#include "queryd/exec/time_ranges.h"

namespace evd::queryd {

bool isWalkQuicker(const HitDensity& density, uint64_t hits_wanted, uint64_t rows_all) {
    const double rows_walked = static_cast<double>(hits_wanted) * static_cast<double>(density.rows);
    return density.hits != 0 &&
           rows_walked * static_cast<double>(kWalkedRowShare) <
               static_cast<double>(rows_all) * static_cast<double>(density.hits);
}

base::Result<ScanEnd> HitDensityTask::slice(db::Connection& connection) {
    const auto last = lastSampled(connection);
    if (!last) {
        return last.error();
    }
    density_ = {};
    if (!last.value()) {
        return ScanEnd::Finished;
    }
    ScanRequest sample = request_;
    if (sample.order == ScanOrder::NewestFirst) {
        sample.time.since_ns = *last.value();
    } else {
        sample.time.until_ns = laterBy(*last.value(), 1);
    }
    density_.rows = kSampleRows;
    ScanPosition position;
    auto end = scanRecords(connection, sample, position, *this);
    return end ? base::Result<ScanEnd>(ScanEnd::Finished) : end;
}

// Rows of the same moment may make the sample larger than it says.
bool HitDensityTask::take(RecordRow&) {
    ++density_.hits;
    return density_.hits < kSampleRows;
}

// The time of the row that ends the sample; nothing when there are not so many rows. Reads the
// index on time alone.
base::Result<std::optional<int64_t>> HitDensityTask::lastSampled(db::Connection& connection) const {
    const RecordTable& table = *request_.plan.table;
    const std::string_view time = table.time().name;
    const bool is_descending = request_.order == ScanOrder::NewestFirst;
    auto statement = connection.prepare(
        base::cat("SELECT ", time, " FROM ", table.name, " WHERE ", time, ">=? AND ", time,
                  "<? ORDER BY ", time, is_descending ? " DESC" : "", " LIMIT 1 OFFSET ?"));
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, request_.time.since_ns);
    statement.value()->bindInteger(2, request_.time.until_ns);
    statement.value()->bindInteger(3, static_cast<int64_t>(kSampleRows - 1));
    const auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    return row.value() ? std::optional(statement.value()->columnInteger(0)) : std::nullopt;
}

}  // namespace evd::queryd
