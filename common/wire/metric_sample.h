#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::wire {

// The identifiers of Spec §13, as they are stored.
enum class MetricType : uint8_t { Counter = 0, Gauge = 1, Histogram = 2 };

inline constexpr size_t kMetricNameBytesMax = 4096;
inline constexpr size_t kMetricLabelsMax = 64;             // of one series
inline constexpr size_t kMetricLabelTextBytesMax = 16384;  // of one series, canonical
inline constexpr size_t kHistogramBucketsMax = 4096;

// A distribution over fixed buckets (Spec §6.1): the bounds finite and strictly increasing, as many
// cumulative counts, none above the total.
struct Histogram {
    std::vector<double> boundaries;
    std::vector<uint64_t> counts;
    uint64_t total_count = 0;
    double sum = 0;
    bool operator==(const Histogram&) const = default;
};

// One measurement and the series it belongs to (Spec §6.2).
//
// Name and labels belong to whatever the sample was read from and must be copied to outlive it. The
// labels are canonical (metric_labels.h). A value, any thread.
struct MetricSample {
    std::string_view name;    // not empty, UTF-8
    std::string_view labels;  // canonical; empty for none
    MetricType type = MetricType::Gauge;
    int64_t timestamp_ns = 0;
    double value = 0;                      // of counters and gauges; 0 for histograms
    const Histogram* histogram = nullptr;  // of histograms only; owned by the source too
};

}  // namespace evd::wire
