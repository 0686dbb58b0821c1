#pragma once

#include "common/wire/metric_sample.h"
#include "common/wire/metric_window.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::queryd {

// One value of a series at one time: a sample, or what the functions have made of samples.
struct MetricPoint {
    int64_t timestamp_ns = 0;
    double value = 0;
    bool operator==(const MetricPoint&) const = default;
};

// The upper bound of the bucket that holds the nearest rank of the percentile (Ruling M5). Nothing
// for an empty histogram and when the rank lies beyond the last bucket.
std::optional<double> percentileOf(const wire::Histogram& histogram, uint32_t percent);

// 50, 95, 99; nothing for RATE and DELTA.
std::optional<uint32_t> percentOf(std::optional<ValueFunction> function);

// What becomes of the samples of one series, stage by stage (Ruling M1): the transform, then what
// folds time: nothing, a window, or one value over the range.
//
// Takes samples in the order of (timestamp, rowid) and holds no more than its result, so that a
// month of samples folded into hours costs a few hundred points. Percentiles are taken before: the
// value of a histogram's sample is its percentile here. Pure, one thread.
class SeriesFold {
  public:
    enum class Shape {
        Points,   // the transform alone
        Windowed  // and what folds time, as the plan says for one series
    };
    SeriesFold(const MetricPlan& plan, Shape shape);

    // The sample before the range: starts the first pair (Ruling M4). At most once, before add().
    void startFrom(const MetricPoint& sample);
    void add(const MetricPoint& sample);
    // The result, in order of time. Called once, last.
    std::vector<MetricPoint> finish();
    // Bytes held for the result so far.
    size_t heldBytes() const;

  private:
    void addPoint(const MetricPoint& point);

    bool is_rate_ = false;
    bool is_pairwise_ = false;
    bool is_mean_of_deltas_ = false;
    std::optional<wire::RollupFunction> scalar_;      // one value over the range
    std::optional<wire::RollupFunction> on_points_;   // a window over transformed points
    std::optional<wire::RollupFunction> on_samples_;  // a window over the samples themselves
    int64_t window_ns_ = 0;

    wire::PairSource pairs_;
    wire::ValueTotals totals_;
    int64_t last_ns_ = 0;
    std::vector<MetricPoint> points_;
    std::vector<wire::WindowValue> windows_;
    std::optional<wire::WindowFold> fold_;
};

// The value of a window as a point; a mean of deltas is made out of their sum.
MetricPoint pointOf(const wire::WindowValue& window, bool is_mean_of_deltas);
bool isMeanOfDeltas(const MetricPlan& plan);

// Points in order of time folded into the plan's windows.
std::vector<MetricPoint> foldPoints(const std::vector<MetricPoint>& points,
                                    const WindowFunction& window);

}  // namespace evd::queryd
