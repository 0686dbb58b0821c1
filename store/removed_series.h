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
    struct Taken {
        std::vector<int64_t> ids;
        bool are_gone = true;  // all of them; otherwise some may be there still
    };

    // is_certain: the transaction that deleted them was committed, and not only tried.
    void add(std::span<const int64_t> ids, bool is_certain = true) {
        const std::lock_guard lock(mutex_);
        taken_.ids.insert(taken_.ids.end(), ids.begin(), ids.end());
        taken_.are_gone = taken_.are_gone && is_certain;
    }
    Taken take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(taken_, {});
    }

  private:
    std::mutex mutex_;
    Taken taken_;
};

}  // namespace evd::store
