#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_window.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::queryd {

// The rollups of one series that stand for a part of a question's samples (Spec §7.4).
//
// Rows are whole windows inside the question's range, in order of time. Their windows may be
// smaller than the question's and divide it; they are then composed (wire/metric_window.h). A RATE
// may be made of DELTA rows.
struct RollupCover {
    wire::RollupFunction function = wire::RollupFunction::Avg;
    int64_t window_ns = 0;
    std::vector<wire::WindowValue> rows;
};

// The rollups that cover most of the range, if it is worth it: rows that leave many holes between
// them cost more than the samples. Only windows that ended before the question was asked count; the
// store makes no others. Rows that no store of ours would write are passed over.
base::Result<std::optional<RollupCover>> findRollups(db::Connection& connection, int64_t series,
                                                     const MetricPlan& plan);

// What of the range the rows leave to be read from samples, in order. Pure.
std::vector<TimeRange> uncovered(const TimeRange& range, const RollupCover& cover);

}  // namespace evd::queryd
