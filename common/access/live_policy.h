#pragma once

#include "common/access/pattern_table.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace evd::access {

// A policy in force, and its number.
struct PolicyInForce {
    std::shared_ptr<const PatternTable> table;  // shared with those who ask; never changes
    uint64_t generation = 0;
};

// The descriptors in force, as they change while others ask.
//
// The event loop of queryd or ingest installs a policy whenever the configuration has changed;
// those who decide by it, on any thread, hold on to the table they began with until they look
// again. Begins with the defaults of an empty registry. Outlives those who ask.
class LivePolicy {
  public:
    LivePolicy() : table_(std::make_shared<const PatternTable>(policy_)) {}

    // False when it is the policy that is in force already.
    bool install(const SecurityPolicy& policy);
    PolicyInForce current() const;
    // Cheap: for asking whether current() has changed.
    uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  private:
    mutable std::mutex mutex_;
    SecurityPolicy policy_;
    std::shared_ptr<const PatternTable> table_;
    std::atomic<uint64_t> generation_ = 1;
};

}  // namespace evd::access
