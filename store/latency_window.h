#pragma once

#include "common/wire/metric_sample.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace evd::store {

// How long commits took: the newest kSamples for p50 and p99 in `evctl status`, all of them in the
// buckets of a histogram. One thread adds, any thread asks; both hold the lock for a copy at most.
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
    // Of all commits so far, in seconds.
    wire::Histogram histogram() const;

  private:
    static constexpr std::array<double, 12> kBoundsSeconds = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

    mutable std::mutex mutex_;
    std::array<int64_t, kSamples> durations_ns_{};
    size_t added_ = 0;
    std::array<uint64_t, kBoundsSeconds.size()> bucket_counts_{};  // each without those before it
    double sum_seconds_ = 0;
};

}  // namespace evd::store
