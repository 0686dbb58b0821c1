#include "queryd/evctl/import/histogram_lines.h"

#include "common/base/text.h"
#include "common/wire/histogram.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace evd::evctl {

namespace {

constexpr std::string_view kBound = "le";
constexpr double kCountMax = 9'007'199'254'740'992.0;  // 2^53: above it a text is not exact

base::Error invalid(const char* reason) {
    return base::fail(base::ErrorKind::Invalid, reason);
}

std::optional<uint64_t> countOf(double value) {
    const bool is_count = value >= 0 && value <= kCountMax && std::floor(value) == value;
    return is_count ? std::optional(static_cast<uint64_t>(value)) : std::nullopt;
}

std::optional<double> boundOf(const MetricLabels& labels) {
    for (const auto& [key, value] : labels) {
        if (key == kBound) {
            std::string_view text = value;
            text.remove_prefix(text.starts_with('+') ? 1 : 0);
            double bound = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), bound);
            const bool is_number = error == std::errc() && end == text.data() + text.size();
            return is_number && !std::isnan(bound) ? std::optional(bound) : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace

MetricLabels withoutBound(const MetricLabels& labels) {
    MetricLabels others;
    std::copy_if(labels.begin(), labels.end(), std::back_inserter(others),
                 [](const auto& label) { return label.first != kBound; });
    return others;
}

bool HistogramLines::fits(const std::string& family, const MetricLabels& labels,
                          const std::optional<int64_t>& time_ns) const {
    return family_.empty() || (family == family_ && labels == labels_ && time_ns == time_ns_);
}

base::Result<void> HistogramLines::add(const std::string& family, const MetricLine& line,
                                       std::string_view part, uint64_t number) {
    if (family_.empty()) {
        family_ = family;
        labels_ = withoutBound(line.labels);
        time_ns_ = line.time_ns;
        line_number_ = number;
    }
    if (part.ends_with("sum")) {
        sum_ = line.value;
        return {};
    }
    const auto count = countOf(line.value);
    if (!count) {
        return invalid("a histogram whose counts are no whole numbers");
    }
    if (part.ends_with("count")) {
        total_ = *count;
        return {};
    }
    const auto bound = boundOf(line.labels);
    if (!bound || *bound == -INFINITY) {
        return invalid("a bucket without a bound");
    }
    if (std::isinf(*bound)) {
        total_ = total_ ? total_ : count;
    } else if (buckets_.size() >= wire::kHistogramBucketsMax) {
        return invalid("a histogram with too many buckets");
    } else {
        buckets_.emplace_back(*bound, *count);
    }
    return {};
}

base::Result<wire::Histogram> HistogramLines::histogram() const {
    if (!total_ || !sum_) {
        return invalid("a histogram without its count or sum");
    }
    wire::Histogram histogram;
    auto buckets = buckets_;
    std::sort(buckets.begin(), buckets.end());
    for (const auto& [bound, count] : buckets) {
        histogram.boundaries.push_back(bound);
        histogram.counts.push_back(count);
    }
    histogram.total_count = *total_;
    histogram.sum = *sum_;
    if (!wire::checkHistogram(histogram).ok()) {
        return invalid("a histogram whose numbers contradict one another");
    }
    return histogram;
}

}  // namespace evd::evctl
