#include "sandbox/supervisor/restart_policy.h"

#include <algorithm>

namespace evd::supervisor {

RestartDecision RestartPolicy::onDeath(int64_t now_ns) {
    while (!deaths_.empty() && now_ns - deaths_.front() >= kDeathWindowNs) {
        deaths_.pop_front();
    }
    deaths_.push_back(now_ns);
    const auto count = static_cast<int>(deaths_.size());
    if (count >= kDeathsMax) {
        return {true, 0};
    }
    if (count == 1) {
        return {false, 0};
    }
    // At most 7 doublings: the count is below kDeathsMax.
    return {false, std::min(kDelayNsMax, kFirstDelayNs << (count - 2))};
}

}  // namespace evd::supervisor
