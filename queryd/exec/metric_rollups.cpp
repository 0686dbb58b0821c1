#include "queryd/exec/metric_rollups.h"

#include "common/base/clock.h"
#include "queryd/exec/rollup_rows.h"

#include <algorithm>

namespace evd::queryd {

namespace {

using wire::RollupFunction;

constexpr size_t kHolesAlways = 16;  // never too many
constexpr size_t kRowsPerHole = 4;   // above that: each costs a search in the index

// The whole windows of that size in the range that are over.
TimeRange wholeWindows(const MetricPlan& plan, int64_t window_ns) {
    const int64_t until = std::min(plan.time.until_ns, plan.now_ns);
    TimeRange whole;
    whole.since_ns = wire::windowStart(plan.time.since_ns, window_ns);
    if (whole.since_ns < plan.time.since_ns &&
        __builtin_add_overflow(whole.since_ns, window_ns, &whole.since_ns)) {
        whole.since_ns = until;
    }
    whole.until_ns = wire::windowStart(until, window_ns);
    return whole;
}

bool hasTooManyHoles(const RollupCover& cover) {
    size_t holes = 0;
    for (size_t i = 1; i < cover.rows.size(); ++i) {
        const int64_t end = cover.rows[i - 1].window_start_ns + cover.window_ns;
        holes += end != cover.rows[i].window_start_ns ? 1 : 0;
    }
    return holes > kHolesAlways + cover.rows.size() / kRowsPerHole;
}

// Of the covers of one function the one that covers most; nothing when there is none.
base::Result<std::optional<RollupCover>> bestCover(db::Connection& connection, int64_t series,
                                                   const MetricPlan& plan, RollupFunction function,
                                                   bool exact_only) {
    const int64_t wanted = plan.rollup->window_seconds;
    auto sizes = rollupSizes(connection, series, function, wanted);
    if (!sizes) {
        return sizes.error();
    }
    std::reverse(sizes.value().begin(), sizes.value().end());  // the largest costs least
    std::optional<RollupCover> best;
    for (const int64_t seconds : sizes.value()) {
        if (wanted % seconds != 0) {
            continue;
        }
        if (exact_only && seconds != wanted) {
            break;
        }
        const int64_t window_ns = seconds * base::kNsPerSecond;
        const TimeRange whole = wholeWindows(plan, window_ns);
        auto rows = rollupRows(connection, series, function, seconds, whole);
        if (!rows) {
            return rows.error();
        }
        RollupCover cover{function, window_ns, std::move(rows).value()};
        const auto covered = [](const RollupCover& one) {
            return static_cast<double>(one.rows.size()) * static_cast<double>(one.window_ns);
        };
        if (cover.rows.empty() || hasTooManyHoles(cover)) {
            continue;
        }
        if (!best || covered(cover) > covered(*best)) {
            best = std::move(cover);
        }
        const double range =
            static_cast<double>(whole.until_ns) - static_cast<double>(whole.since_ns);
        if (covered(*best) >= 0.9 * range) {
            break;  // smaller ones would cost more to read
        }
    }
    return best;
}

}  // namespace

base::Result<std::optional<RollupCover>> findRollups(db::Connection& connection, int64_t series,
                                                     const MetricPlan& plan) {
    const bool is_rate = plan.rollup->function == RollupFunction::Rate;
    auto cover = bestCover(connection, series, plan, plan.rollup->function, /*exact_only=*/is_rate);
    if (!cover || cover.value() || !is_rate) {
        return cover;
    }
    return bestCover(connection, series, plan, RollupFunction::Delta, /*exact_only=*/false);
}

std::vector<TimeRange> uncovered(const TimeRange& range, const RollupCover& cover) {
    std::vector<TimeRange> parts;
    int64_t from = range.since_ns;
    for (const wire::WindowValue& row : cover.rows) {
        if (from < row.window_start_ns) {
            parts.push_back({from, row.window_start_ns});
        }
        from = row.window_start_ns + cover.window_ns;
    }
    if (from < range.until_ns) {
        parts.push_back({from, range.until_ns});
    }
    return parts;
}

}  // namespace evd::queryd
