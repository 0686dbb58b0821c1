// A line is applied to a copy of its series, and the copy is put in place when every value of the
// line was good: a line counts whole or not at all. Which series have changed stands in a list of
// pointers to the map's entries, which do not move; a series is only ever forgotten when it is not
// in that list.

#include "collector/ingest/statsd_series.h"

#include <cmath>
#include <utility>

namespace evd::collector {

namespace {

constexpr char kSeparator = '\xFF';  // in no UTF-8 text
constexpr int64_t kSweepNs = 60 * base::kNsPerSecond;

wire::MetricType typeOf(StatsdType type) {
    switch (type) {
        case StatsdType::Counter:
            return wire::MetricType::Counter;
        case StatsdType::Gauge:
            return wire::MetricType::Gauge;
        case StatsdType::Timing:
            return wire::MetricType::Histogram;
    }
    return wire::MetricType::Gauge;
}

void observe(wire::Histogram& histogram, double value, double weight) {
    const auto count = static_cast<uint64_t>(weight);
    for (size_t i = 0; i < kStatsdBoundaries.size(); ++i) {
        histogram.counts[i] += value <= kStatsdBoundaries[i] ? count : 0;
    }
    histogram.total_count += count;
    histogram.sum += value * weight;
}

}  // namespace

std::optional<Reject> StatsdSeries::writeKey(const StatsdLine& line) {
    labels_.clear();
    label_text_.clear();
    std::string_view tags = line.tags;
    while (!tags.empty()) {
        const size_t end = tags.find(',');
        const std::string_view tag = tags.substr(0, end);
        tags.remove_prefix(end == std::string_view::npos ? tags.size() : end + 1);
        const size_t colon = tag.find(':');
        const bool has_value = colon != std::string_view::npos;
        labels_.push_back({tag.substr(0, colon), has_value ? tag.substr(colon + 1) : "true"});
        if (labels_.size() > wire::kMetricLabelsMax) {
            return Reject::BadLabels;
        }
    }
    if (!labels_.empty() && !wire::writeCanonicalLabels(labels_, label_text_).ok()) {
        return Reject::BadLabels;
    }
    key_.assign(1, static_cast<char>('a' + static_cast<int>(line.type)));
    key_ += line.name;
    key_ += kSeparator;
    key_ += label_text_;
    return std::nullopt;
}

std::optional<Reject> StatsdSeries::apply(const StatsdLine& line, int64_t wall_ns,
                                          int64_t monotonic_ns) {
    if (const auto reason = writeKey(line)) {
        return reason;
    }
    auto found = series_.find(key_);
    const bool is_new = found == series_.end();
    if (is_new) {
        next_ = {};
        next_.type = typeOf(line.type);
        if (line.type == StatsdType::Timing) {
            next_.histogram.boundaries.assign(kStatsdBoundaries.begin(), kStatsdBoundaries.end());
            next_.histogram.counts.assign(kStatsdBoundaries.size(), 0);
        }
    } else {
        next_ = found->second;
    }
    if (const auto reason = applyAll(line, next_)) {
        return reason;
    }
    if (is_new) {
        if (series_.size() >= kStatsdSeriesMax || key_bytes_ + key_.size() > kStatsdKeyBytesMax) {
            return Reject::NoRoom;
        }
        found = series_.try_emplace(key_).first;
        key_bytes_ += key_.size();
    }
    next_.wall_ns = wall_ns;
    next_.monotonic_ns = monotonic_ns;
    if (!std::exchange(next_.is_changed, true)) {
        changed_.push_back(&*found);
    }
    std::swap(found->second, next_);
    return std::nullopt;
}

std::optional<Reject> StatsdSeries::applyAll(const StatsdLine& line, Series& series) {
    std::string_view values = line.values;
    while (true) {
        const size_t end = values.find(':');
        if (const auto reason = applyOne(line, values.substr(0, end), series)) {
            return reason;
        }
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        values.remove_prefix(end + 1);
    }
}

std::optional<Reject> StatsdSeries::applyOne(const StatsdLine& line, std::string_view text,
                                             Series& series) {
    const auto value = parseStatsdValue(text);
    if (!value) {
        return Reject::BadValue;
    }
    const double weight = std::round(1 / line.rate);
    switch (line.type) {
        case StatsdType::Counter:
            if (value->number < 0) {
                return Reject::BadValue;  // A counter only rises.
            }
            series.value += value->number / line.rate;
            break;
        case StatsdType::Gauge:
            series.value = value->is_change ? series.value + value->number : value->number;
            break;
        case StatsdType::Timing:
            if (!(weight <= kStatsdWeightMax)) {
                return Reject::BadValue;
            }
            observe(series.histogram, value->number, weight);
            break;
    }
    const bool is_finite = std::isfinite(series.value) && std::isfinite(series.histogram.sum);
    return is_finite ? std::nullopt : std::optional(Reject::BadValue);
}

wire::MetricSample StatsdSeries::sampleOf(const Map::value_type& entry) {
    const std::string_view key = entry.first;
    const size_t separator = key.find(kSeparator);
    wire::MetricSample sample;
    sample.name = key.substr(1, separator - 1);
    sample.labels = key.substr(separator + 1);
    sample.type = entry.second.type;
    sample.timestamp_ns = entry.second.wall_ns;
    sample.value = entry.second.value;
    if (sample.type == wire::MetricType::Histogram) {
        sample.histogram = &entry.second.histogram;
    }
    return sample;
}

void StatsdSeries::collect(int64_t monotonic_ns, std::vector<wire::MetricSample>& out) {
    out.clear();
    forgetIdle(monotonic_ns);
    for (Map::value_type* entry : changed_) {
        entry->second.is_changed = false;
        out.push_back(sampleOf(*entry));
    }
    changed_.clear();
}

// A series that is changed has had a line since the last collect; it is never idle here, whatever
// the pause was.
void StatsdSeries::forgetIdle(int64_t monotonic_ns) {
    if (monotonic_ns - last_sweep_ns_ < kSweepNs) {
        return;
    }
    last_sweep_ns_ = monotonic_ns;
    for (auto at = series_.begin(); at != series_.end();) {
        const bool is_idle = monotonic_ns - at->second.monotonic_ns >= kStatsdIdleNs;
        if (is_idle && !at->second.is_changed) {
            key_bytes_ -= at->first.size();
            at = series_.erase(at);
        } else {
            ++at;
        }
    }
}

}  // namespace evd::collector
