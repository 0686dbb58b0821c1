#pragma once

#include "common/base/result.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evd::queryd {

// The memory that all questions together may hold in rows, groups and merge state
// (MaxQueryMemoryBytes, contracts §3). Safe on any thread; outlives every share of it.
class MemoryBudget {
  public:
    explicit MemoryBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // Less than is held takes nothing away: it is only given nothing more.
    void setBytesMax(uint64_t bytes_max) { bytes_max_ = bytes_max; }
    bool reserve(uint64_t bytes);
    void release(uint64_t bytes) { used_ -= bytes; }
    uint64_t used() const { return used_; }

  private:
    std::atomic<uint64_t> bytes_max_;
    std::atomic<uint64_t> used_{0};
};

// What one part of one question holds of the budget; given back with the object.
//
// Reserves in steps of kShareStepBytes, so that counting costs nothing per row. grow() past the
// budget is Busy with the sentence for the person, and leaves the share as it was. One thread at a
// time.
class MemoryShare {
  public:
    explicit MemoryShare(MemoryBudget& budget) : budget_(&budget) {}
    ~MemoryShare() { budget_->release(reserved_); }
    MemoryShare(const MemoryShare&) = delete;
    MemoryShare& operator=(const MemoryShare&) = delete;

    base::Result<void> grow(size_t bytes);
    void shrink(size_t bytes) { held_ -= bytes; }

  private:
    MemoryBudget* budget_;
    uint64_t held_ = 0;
    uint64_t reserved_ = 0;
};

inline constexpr uint64_t kShareStepBytes = 64 * 1024;

}  // namespace evd::queryd
