#include "store/latency_window.h"

#include "common/base/clock.h"

#include <algorithm>

namespace evd::store {

void LatencyWindow::add(int64_t duration_ns) {
    const double seconds = static_cast<double>(duration_ns) / base::kNsPerSecond;
    const auto* const bound =
        std::lower_bound(kBoundsSeconds.begin(), kBoundsSeconds.end(), seconds);
    const std::lock_guard lock(mutex_);
    durations_ns_[added_++ % kSamples] = duration_ns;
    sum_seconds_ += seconds;
    if (bound != kBoundsSeconds.end()) {
        ++bucket_counts_.at(static_cast<size_t>(bound - kBoundsSeconds.begin()));
    }
}

LatencyWindow::Percentiles LatencyWindow::percentiles() const {
    std::array<int64_t, kSamples> sorted{};
    size_t count = 0;
    {
        const std::lock_guard lock(mutex_);
        sorted = durations_ns_;
        count = std::min(added_, kSamples);
    }
    if (count == 0) {
        return {};
    }
    std::sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(count));
    // Nearest rank.
    const auto at = [&](size_t percent) { return sorted[(count * percent + 99) / 100 - 1]; };
    return {at(50) / base::kNsPerUs, at(99) / base::kNsPerUs};
}

wire::Histogram LatencyWindow::histogram() const {
    const std::lock_guard lock(mutex_);
    wire::Histogram histogram;
    histogram.boundaries.assign(kBoundsSeconds.begin(), kBoundsSeconds.end());
    uint64_t cumulative = 0;
    for (const uint64_t count : bucket_counts_) {
        histogram.counts.push_back(cumulative += count);
    }
    histogram.total_count = added_;
    histogram.sum = sum_seconds_;
    return histogram;
}

}  // namespace evd::store
