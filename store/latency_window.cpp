#include "store/latency_window.h"

#include "common/base/clock.h"

#include <algorithm>

namespace evd::store {

void LatencyWindow::add(int64_t duration_ns) {
    const std::lock_guard lock(mutex_);
    durations_ns_[added_++ % kSamples] = duration_ns;
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

}  // namespace evd::store
