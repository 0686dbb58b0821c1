#pragma once

#include "common/wire/metric_window.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

// How a METRIC question will be answered: plain data, made once by the planner (metric_planner.h),
// read by exec/ on any number of threads and printed by metric_plan_printer.h.
//
// The stages are those of Ruling M1. Series are selected by name, labels and what else can be said
// of a series as a whole; their samples are read for the time range and judged by the rest of WHERE
// (Spec §8.6: WHERE comes before every function); the transform makes points of them; without
// brackets the series become one; a window or a scalar folds the points of a series.

// A field that the question names (Spec §8.1): what a sample has, or else a label.
struct MetricField {
    enum class Kind { Timestamp, Name, Type, Value, Label };
    std::string name;
    Kind kind = Kind::Label;
    bool operator==(const MetricField&) const = default;
};

MetricField::Kind metricFieldKind(std::string_view name);

// What folds values of one window as this function does.
wire::RollupFunction windowFunctionOf(SeriesFunction function);

// What folds the samples of one window into what the function says of them once they are
// transformed; for a mean of deltas that is their sum, to be divided. None: the transformed points
// have to be folded instead. Both the samples and their rollups are read by this (Ruling M4).
std::optional<wire::RollupFunction> sampleFunctionOf(ValueFunction transform,
                                                     SeriesFunction function);

// The rollup that answers a question's windows where it is there (Spec §7.4).
struct RollupUse {
    wire::RollupFunction function = wire::RollupFunction::Avg;
    uint32_t window_seconds = 0;
    bool operator==(const RollupUse&) const = default;
};

struct MetricPlan {
    std::string name_pattern;
    bool per_series = false;  // brackets were written
    std::vector<MetricField> fields;

    // All of these must hold; their fields are indexes into `fields`.
    std::vector<Condition> on_series;  // on name, type and labels: once per series
    std::vector<Condition> on_sample;  // the rest: once per sample
    // As in RecordPlan.
    std::vector<Condition> on_time;
    std::vector<CrossCondition> cross;

    bool latest = false;  // no SINCE: the latest value of each series (Ruling M3)
    TimeRange time;       // SINCE inclusive, UNTIL exclusive
    TimeRange bounds;     // what on_sample leaves of all time, to read no more than that
    int64_t now_ns = 0;   // when the question was asked

    std::optional<ValueFunction> transform;   // RATE, DELTA, percentiles
    std::optional<SeriesFunction> aggregate;  // AVG, MIN, MAX, SUM
    std::optional<WindowFunction> window;
    std::optional<RollupUse> rollup;  // none: samples only

    // Of a condition on METRIC: all that is asked of samples is where the newest one's value
    // satisfies this (Spec §8.5).
    std::optional<Condition> compared;

    std::optional<std::vector<size_t>> select;  // of fields; none: all of a record
    std::vector<PlanSort> sort;                 // none: oldest first, then name, labels (Ruling Q6)
    uint64_t skip = 0;
    std::optional<uint64_t> take;

    std::shared_ptr<const Sight> sight = nullptr;  // as in RecordPlan
};

}  // namespace evd::queryd
