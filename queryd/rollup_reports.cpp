#include "queryd/rollup_reports.h"

#include <limits>

namespace evd::queryd {

void RollupReports::add(wire::RollupFunction function, uint32_t window_seconds) {
    const std::lock_guard lock(mutex_);
    const auto known = counts_.find({function, window_seconds});
    if (known != counts_.end()) {
        known->second += known->second < std::numeric_limits<uint32_t>::max() ? 1 : 0;
    } else if (counts_.size() < kReportedRollupsMax) {
        counts_.emplace(std::pair(function, window_seconds), 1);
    } else {
        ++dropped_;
    }
}

std::vector<RollupReport> RollupReports::take(size_t rollups_max) {
    std::vector<RollupReport> taken;
    const std::lock_guard lock(mutex_);
    while (!counts_.empty() && taken.size() < rollups_max) {
        const auto first = counts_.extract(counts_.begin());
        taken.push_back({first.key().first, first.key().second, first.mapped()});
    }
    return taken;
}

void RollupReports::noteDropped(size_t rollups) {
    const std::lock_guard lock(mutex_);
    dropped_ += rollups;
}

uint64_t RollupReports::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

}  // namespace evd::queryd
