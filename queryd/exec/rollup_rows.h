#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_window.h"
#include "queryd/plan/condition.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace evd::queryd {

// The rollups table, one series and function at a time (Spec §7.4). Both live inside one read
// transaction, on its connection's thread; errors are the database's.

// The window sizes there are, in seconds, ascending and no greater than that; the first 256.
base::Result<std::vector<int64_t>> rollupSizes(db::Connection& connection, int64_t series,
                                               wire::RollupFunction function, int64_t seconds_max);

// The rows whose windows begin in the range, in the order of time and no more than that. What no
// store of ours would write is passed over.
base::Result<std::vector<wire::WindowValue>> rollupRows(
    db::Connection& connection, int64_t series, wire::RollupFunction function, int64_t seconds,
    const TimeRange& range, size_t rows_max = std::numeric_limits<size_t>::max());

}  // namespace evd::queryd
