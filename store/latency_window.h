#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace evd::store {

// The durations of the newest kSamples commits, for p50 and p99 in `evctl status`. One thread adds,
// any thread asks; both hold the lock for a copy at most.
class LatencyWindow {
  public:
    static constexpr size_t kSamples = 512;
    struct Percentiles {
        int64_t p50_us = 0;
        int64_t p99_us = 0;
    };

    void add(int64_t duration_ns);
    // Zeros when nothing was added yet.
    Percentiles percentiles() const;

  private:
    mutable std::mutex mutex_;
    std::array<int64_t, kSamples> durations_ns_{};
    size_t added_ = 0;
};

}  // namespace evd::store
