#pragma once

#include "collector/ingest/statsd_line.h"
#include "common/base/clock.h"
#include "common/wire/metric_labels.h"
#include "common/wire/metric_sample.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evd::collector {

inline constexpr size_t kStatsdSeriesMax = 10'000;
inline constexpr size_t kStatsdKeyBytesMax = 8 * 1024 * 1024;  // of all names and labels
inline constexpr int64_t kStatsdIdleNs = 3600 * base::kNsPerSecond;
// A line with a smaller rate than one in so many is refused: it would stand for more than it knows.
inline constexpr double kStatsdWeightMax = 1'000'000;

// Upper bounds of the buckets of timings, whatever their unit is.
inline constexpr std::array<double, 25> kStatsdBoundaries = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,   1,     2.5,   5,     10,
    25,    50,     100,   250,  500,   1000, 2500, 5000, 10000, 25000, 50000, 100000};

// What the lines of StatsD add up to: a sender tells of single happenings, a metric is their total.
//
// Counters become totals that only rise, timings histograms over fixed buckets, gauges their last
// value. Each series that a line has touched since the last collect() gives one sample, with the
// time of its last line. Totals begin at 0 with the process, which readers know as a reset. At most
// kStatsdSeriesMax series of kStatsdKeyBytesMax are kept: beyond that, lines of new ones are
// refused, and a series without a line for kStatsdIdleNs is forgotten. One thread.
class StatsdSeries {
  public:
    // Takes over all values of a line, or none and says why.
    std::optional<Reject> apply(const StatsdLine& line, int64_t wall_ns, int64_t monotonic_ns);

    // Puts the changed series over `out`. They point into this, until the next call of either.
    void collect(int64_t monotonic_ns, std::vector<wire::MetricSample>& out);

    bool hasChanges() const { return !changed_.empty(); }
    size_t seriesCount() const { return series_.size(); }

  private:
    struct Series {
        wire::MetricType type = wire::MetricType::Gauge;
        double value = 0;
        wire::Histogram histogram;
        int64_t wall_ns = 0;
        int64_t monotonic_ns = 0;
        bool is_changed = false;
    };
    // The key is name, a byte that is in no text, and labels; the types have maps of their own
    // within it by one letter in front.
    using Map = std::unordered_map<std::string, Series>;

    std::optional<Reject> writeKey(const StatsdLine& line);
    std::optional<Reject> applyAll(const StatsdLine& line, Series& series);
    std::optional<Reject> applyOne(const StatsdLine& line, std::string_view text, Series& series);
    void forgetIdle(int64_t monotonic_ns);
    static wire::MetricSample sampleOf(const Map::value_type& entry);

    Map series_;
    std::vector<Map::value_type*> changed_;
    size_t key_bytes_ = 0;
    int64_t last_sweep_ns_ = 0;
    std::string key_;  // of the line at hand; used anew
    std::vector<wire::MetricLabel> labels_;
    std::string label_text_;
    Series next_;  // what the series will be if all values are good
};

}  // namespace evd::collector
