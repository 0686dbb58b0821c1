// The arithmetic of windows is wire/metric_window.h, shared with the store. A window can be folded
// out of the samples themselves when it means the same as a rollup (AVG_OVER of RATE is the summed
// delta over the summed time, Ruling M4); otherwise the transform's points are folded like samples.

#include "queryd/exec/metric_functions.h"

#include <algorithm>

namespace evd::queryd {

using wire::RollupFunction;

std::optional<double> percentileOf(const wire::Histogram& histogram, uint32_t percent) {
    if (histogram.total_count == 0) {
        return std::nullopt;
    }
    const auto product = static_cast<unsigned __int128>(histogram.total_count) * percent;
    const auto rank = static_cast<uint64_t>((product + 99) / 100);
    const auto bucket = std::lower_bound(histogram.counts.begin(), histogram.counts.end(), rank);
    if (bucket == histogram.counts.end()) {
        return std::nullopt;
    }
    return histogram.boundaries[static_cast<size_t>(bucket - histogram.counts.begin())];
}

std::optional<uint32_t> percentOf(std::optional<ValueFunction> function) {
    if (!function) {
        return std::nullopt;
    }
    switch (*function) {
        case ValueFunction::P50:
            return 50;
        case ValueFunction::P95:
            return 95;
        case ValueFunction::P99:
            return 99;
        case ValueFunction::Rate:
        case ValueFunction::Delta:
            break;
    }
    return std::nullopt;
}

bool isMeanOfDeltas(const MetricPlan& plan) {
    return plan.transform == ValueFunction::Delta && plan.window &&
           plan.window->function == SeriesFunction::Avg;
}

MetricPoint pointOf(const wire::WindowValue& window, bool is_mean_of_deltas) {
    return {window.window_start_ns, is_mean_of_deltas
                                        ? window.value / static_cast<double>(window.sample_count)
                                        : window.value};
}

std::vector<MetricPoint> foldPoints(const std::vector<MetricPoint>& points,
                                    const WindowFunction& window) {
    std::vector<wire::WindowValue> windows;
    wire::WindowFold fold(windowFunctionOf(window.function), window.duration_ns, windows);
    for (const MetricPoint& point : points) {
        fold.add(point.timestamp_ns, point.value);
    }
    fold.finish();
    std::vector<MetricPoint> folded;
    folded.reserve(windows.size());
    for (const wire::WindowValue& value : windows) {
        folded.push_back(pointOf(value, /*is_mean_of_deltas=*/false));
    }
    return folded;
}

SeriesFold::SeriesFold(const MetricPlan& plan, Shape shape)
    : is_rate_(plan.transform == ValueFunction::Rate),
      is_pairwise_(is_rate_ || plan.transform == ValueFunction::Delta) {
    if (shape == Shape::Points) {
        return;
    }
    if (plan.per_series && plan.aggregate) {
        scalar_ = windowFunctionOf(*plan.aggregate);
    }
    if (!plan.window) {
        return;
    }
    window_ns_ = plan.window->duration_ns;
    const RollupFunction folded = windowFunctionOf(plan.window->function);
    if (!scalar_ && plan.transform) {
        on_samples_ = sampleFunctionOf(*plan.transform, plan.window->function);
    }
    if (on_samples_) {
        is_mean_of_deltas_ = isMeanOfDeltas(plan);
    } else {
        on_points_ = folded;
    }
    fold_.emplace(on_samples_.value_or(folded), window_ns_, windows_);
}

void SeriesFold::startFrom(const MetricPoint& sample) {
    if (on_samples_) {
        fold_->startFrom(sample.timestamp_ns, sample.value);
    } else {
        (void)pairs_.next(sample.timestamp_ns, sample.value);  // the first of all ends no pair
    }
}

void SeriesFold::add(const MetricPoint& sample) {
    if (on_samples_) {
        fold_->add(sample.timestamp_ns, sample.value);
    } else if (!is_pairwise_) {
        addPoint(sample);
    } else if (const auto pair = pairs_.next(sample.timestamp_ns, sample.value)) {
        addPoint({sample.timestamp_ns,
                  is_rate_ ? wire::ratePerSecond(pair->delta, pair->elapsed_ns) : pair->delta});
    }
}

void SeriesFold::addPoint(const MetricPoint& point) {
    if (scalar_) {
        totals_.add(point.value);
        last_ns_ = point.timestamp_ns;
    } else if (on_points_) {
        fold_->add(point.timestamp_ns, point.value);
    } else {
        points_.push_back(point);
    }
}

std::vector<MetricPoint> SeriesFold::finish() {
    if (scalar_ && totals_.count() > 0) {
        // One value; a window over it holds that one value.
        const MetricPoint point{last_ns_, totals_.aggregate(*scalar_)};
        if (fold_) {
            fold_->add(point.timestamp_ns, point.value);
        } else {
            points_.push_back(point);
        }
    }
    if (fold_) {
        fold_->finish();
        points_.reserve(windows_.size());
        for (const wire::WindowValue& window : windows_) {
            points_.push_back(pointOf(window, is_mean_of_deltas_));
        }
    }
    return std::move(points_);
}

size_t SeriesFold::heldBytes() const {
    return points_.capacity() * sizeof(MetricPoint) +
           windows_.capacity() * sizeof(wire::WindowValue);
}

}  // namespace evd::queryd
