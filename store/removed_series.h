#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace evd::store {

// The series that retention has deleted and whose ids the writer may still remember.
//
// Retention adds them within the turn of the gate in which it deletes them, the writer takes them
// within its own turn before it resolves anything, so no sample is ever written for a series that
// is gone, or for another one that got its id. Two threads; holds at most what retention deletes
// between two transactions of the writer.
class RemovedSeries {
  public:
    void add(std::span<const int64_t> ids) {
        const std::lock_guard lock(mutex_);
        ids_.insert(ids_.end(), ids.begin(), ids.end());
    }
    std::vector<int64_t> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(ids_, {});
    }

  private:
    std::mutex mutex_;
    std::vector<int64_t> ids_;
};

}  // namespace evd::store
