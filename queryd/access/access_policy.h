#pragma once

#include "common/access/live_policy.h"
#include "queryd/access/access_checker.h"
#include "queryd/access/verdict_cache.h"

#include <cstdint>

namespace evd::queryd {

using access::PolicyInForce;

// The descriptors in force, the verdicts they led to, and who gives verdicts: what all questions
// of queryd share.
//
// The event loop installs a policy whenever the configuration changes; questions on any thread hold
// on to the one they began with until they refresh (RecordAccess). Outlives every question. Begins
// with the defaults of an empty registry; the checker outlives it.
class AccessPolicy {
  public:
    explicit AccessPolicy(const AccessChecker& checker) : checker_(checker) {}

    // Drops every verdict when the policy is another one (Ruling A7).
    void install(const access::SecurityPolicy& policy) {
        if (policy_.install(policy)) {
            verdicts_.clear();
        }
    }

    PolicyInForce current() const { return policy_.current(); }
    // Cheap: for asking whether current() has changed.
    uint64_t generation() const { return policy_.generation(); }

    const AccessChecker& checker() const { return checker_; }
    VerdictCache& verdicts() { return verdicts_; }

  private:
    const AccessChecker& checker_;
    access::LivePolicy policy_;
    VerdictCache verdicts_;
};

}  // namespace evd::queryd
