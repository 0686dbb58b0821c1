#include "queryd/access/access_policy.h"

#include <utility>

namespace evd::queryd {

AccessPolicy::AccessPolicy(const AccessChecker& checker)
    : checker_(checker), table_(std::make_shared<const access::PatternTable>(policy_)) {}

void AccessPolicy::install(const access::SecurityPolicy& policy) {
    {
        const std::lock_guard lock(mutex_);
        if (policy == policy_) {
            return;  // another setting has changed
        }
    }
    auto table = std::make_shared<const access::PatternTable>(policy);
    {
        const std::lock_guard lock(mutex_);
        policy_ = policy;
        table_ = std::move(table);
        generation_.fetch_add(1, std::memory_order_release);
    }
    verdicts_.clear();
}

PolicyInForce AccessPolicy::current() const {
    const std::lock_guard lock(mutex_);
    return {table_, generation_.load(std::memory_order_relaxed)};
}

}  // namespace evd::queryd
