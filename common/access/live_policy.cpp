#include "common/access/live_policy.h"

#include <utility>

namespace evd::access {

bool LivePolicy::install(const SecurityPolicy& policy) {
    {
        const std::lock_guard lock(mutex_);
        if (policy == policy_) {
            return false;  // another setting has changed
        }
    }
    auto table = std::make_shared<const PatternTable>(policy);
    const std::lock_guard lock(mutex_);
    policy_ = policy;
    table_ = std::move(table);
    generation_.fetch_add(1, std::memory_order_release);
    return true;
}

PolicyInForce LivePolicy::current() const {
    const std::lock_guard lock(mutex_);
    return {table_, generation_.load(std::memory_order_relaxed)};
}

}  // namespace evd::access
