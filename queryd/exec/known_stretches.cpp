#include "queryd/exec/known_stretches.h"

#include "common/base/clock.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/rollup_rows.h"
#include "queryd/exec/time_ranges.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace evd::queryd {

namespace {

using wire::RollupFunction;

constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / base::kNsPerSecond;
constexpr int64_t kWindowsMax = 100'000;  // of one size: beyond that samples are as good
constexpr size_t kProbedRows = 16;
constexpr uint64_t kSamplesPerWindowMin = 2;  // fewer: reading rows costs as much as samples
constexpr double kSamplesPerStretchMin = 4;   // a stretch costs two searches in the index

// What is known of a series. Moments in both have no samples.
struct Known {
    TimeRanges satisfying;
    TimeRanges failing;
    double spacing_ns = 0;  // between samples, about
};

bool isAbove(CompareOperator op) {
    return op == CompareOperator::Greater || op == CompareOperator::GreaterOrEqual;
}

bool isBelow(CompareOperator op) {
    return op == CompareOperator::Less || op == CompareOperator::LessOrEqual;
}

// Windows that begin before the range may reach into it.
TimeRange startsOf(const TimeRange& range, int64_t window_ns) {
    return {wire::windowStart(range.since_ns, window_ns), range.until_ns};
}

bool isWorthReading(const std::vector<wire::WindowValue>& probed) {
    uint64_t samples = 0;
    for (const wire::WindowValue& row : probed) {
        samples += row.sample_count;
    }
    return !probed.empty() && samples >= kSamplesPerWindowMin * probed.size();
}

// Adds the windows whose value decides, which are those where it does or does not satisfy.
void add(Known& known, const std::vector<wire::WindowValue>& rows, int64_t window_ns,
         const Condition& comparison, bool decides_if) {
    TimeRanges decided;
    double samples = 0;
    for (const wire::WindowValue& row : rows) {
        samples += static_cast<double>(row.sample_count);
        if (compareValue(comparison, Value::ofFloat(row.value)) == decides_if) {
            decided.append({row.window_start_ns, laterBy(row.window_start_ns, window_ns)});
        }
    }
    TimeRanges& all = decides_if ? known.satisfying : known.failing;
    all = all.unitedWith(decided);
    const double spacing_ns =
        static_cast<double>(window_ns) * static_cast<double>(rows.size()) / samples;
    known.spacing_ns = std::max(known.spacing_ns, spacing_ns);
}

base::Result<void> addFunction(Known& known, db::Connection& connection, int64_t series,
                               const Condition& comparison, const TimeRange& range,
                               RollupFunction function) {
    // Max decides of > where it fails, for then all do, Min where it satisfies; < the other way.
    const bool decides_if = (function == RollupFunction::Min) == isAbove(comparison.op);
    auto sizes = rollupSizes(connection, series, function, kSecondsMax);
    if (!sizes) {
        return sizes.error();
    }
    const double range_ns =
        static_cast<double>(range.until_ns) - static_cast<double>(range.since_ns);
    for (const int64_t seconds : sizes.value()) {
        const int64_t window_ns = seconds * base::kNsPerSecond;
        if (range_ns / static_cast<double>(window_ns) > static_cast<double>(kWindowsMax)) {
            continue;
        }
        const TimeRange starts = startsOf(range, window_ns);
        const auto probed = rollupRows(connection, series, function, seconds, starts, kProbedRows);
        if (!probed) {
            return probed.error();
        }
        if (!isWorthReading(probed.value())) {
            continue;
        }
        const auto rows = rollupRows(connection, series, function, seconds, starts);
        if (!rows) {
            return rows.error();
        }
        add(known, rows.value(), window_ns, comparison, decides_if);
    }
    return {};
}

}  // namespace

base::Result<std::vector<TimeRange>> knownStretches(db::Connection& connection, int64_t series,
                                                    const Condition& comparison,
                                                    const TimeRange& range) {
    std::vector<TimeRange> stretches;
    if (!isAbove(comparison.op) && !isBelow(comparison.op)) {
        return stretches;
    }
    Known known;
    for (const RollupFunction function : {RollupFunction::Max, RollupFunction::Min}) {
        EVD_TRY(addFunction(known, connection, series, comparison, range, function));
    }
    const TimeRanges failing = known.failing.intersectedWith(TimeRanges(range));
    const TimeRanges satisfying = known.satisfying.intersectedWith(failing.complementIn(range));
    const auto& left = failing.ranges();
    const auto& right = satisfying.ranges();
    std::merge(
        left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(stretches),
        [](const TimeRange& one, const TimeRange& other) { return one.since_ns < other.since_ns; });
    std::erase_if(stretches, [&](const TimeRange& stretch) {
        const double length_ns =
            static_cast<double>(stretch.until_ns) - static_cast<double>(stretch.since_ns);
        return length_ns < kSamplesPerStretchMin * known.spacing_ns;
    });
    return stretches;
}

}  // namespace evd::queryd
