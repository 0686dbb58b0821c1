#pragma once

#include "common/access/pattern_table.h"
#include "queryd/access/access_checker.h"
#include "queryd/access/verdict_cache.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace evd::queryd {

// A policy in force, and its number.
struct PolicyInForce {
    std::shared_ptr<const access::PatternTable> table;  // shared with questions; never changes
    uint64_t generation = 0;
};

// The descriptors in force, the verdicts they led to, and who gives verdicts: what all questions
// of queryd share.
//
// The event loop installs a policy whenever the configuration changes; questions on any thread hold
// on to the one they began with until they refresh (RecordAccess). Outlives every question. Begins
// with the defaults of an empty registry; the checker outlives it.
class AccessPolicy {
  public:
    explicit AccessPolicy(const AccessChecker& checker);

    // Drops every verdict when the policy is another one (Ruling A7).
    void install(const access::SecurityPolicy& policy);

    PolicyInForce current() const;
    // Cheap: for asking whether current() has changed.
    uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

    const AccessChecker& checker() const { return checker_; }
    VerdictCache& verdicts() { return verdicts_; }

  private:
    const AccessChecker& checker_;
    VerdictCache verdicts_;
    mutable std::mutex mutex_;
    access::SecurityPolicy policy_;
    std::shared_ptr<const access::PatternTable> table_;
    std::atomic<uint64_t> generation_ = 1;
};

}  // namespace evd::queryd
