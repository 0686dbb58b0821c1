#include "queryd/exec/rollup_rows.h"

#include "common/base/clock.h"

#include <cmath>

namespace evd::queryd {

namespace {

constexpr size_t kWindowSizesMax = 256;

}  // namespace

base::Result<std::vector<int64_t>> rollupSizes(db::Connection& connection, int64_t series,
                                               wire::RollupFunction function, int64_t seconds_max) {
    auto statement = connection.prepare(
        "SELECT min(window_seconds) FROM rollups WHERE series_id = ?1 AND function = ?2 AND "
        "window_seconds > ?3");
    if (!statement) {
        return statement.error();
    }
    std::vector<int64_t> sizes;
    int64_t seconds = 0;
    while (sizes.size() < kWindowSizesMax) {
        statement.value()->bindInteger(1, series);
        statement.value()->bindInteger(2, static_cast<int64_t>(function));
        statement.value()->bindInteger(3, seconds);
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        const bool is_there = statement.value()->columnKind(0) == db::ColumnKind::Integer;
        seconds = statement.value()->columnInteger(0);
        statement.value()->reset();
        if (!is_there || seconds > seconds_max) {
            break;
        }
        sizes.push_back(seconds);
    }
    return sizes;
}

base::Result<std::vector<wire::WindowValue>> rollupRows(db::Connection& connection, int64_t series,
                                                        wire::RollupFunction function,
                                                        int64_t seconds, const TimeRange& range,
                                                        size_t rows_max) {
    auto statement = connection.prepare(
        "SELECT window_start, value, sample_count FROM rollups WHERE series_id = ?1 AND "
        "function = ?2 AND window_seconds = ?3 AND window_start >= ?4 AND window_start < ?5 "
        "ORDER BY window_start");
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, series);
    statement.value()->bindInteger(2, static_cast<int64_t>(function));
    statement.value()->bindInteger(3, seconds);
    statement.value()->bindInteger(4, range.since_ns);
    statement.value()->bindInteger(5, range.until_ns);
    const int64_t window_ns = seconds * base::kNsPerSecond;
    std::vector<wire::WindowValue> rows;
    while (rows.size() < rows_max) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            break;
        }
        const int64_t start = statement.value()->columnInteger(0);
        const double value = statement.value()->columnFloat(1);
        const int64_t count = statement.value()->columnInteger(2);
        if (start == wire::windowStart(start, window_ns) && count > 0 && std::isfinite(value)) {
            rows.push_back({start, value, static_cast<uint64_t>(count)});
        }
    }
    return rows;
}

}  // namespace evd::queryd
