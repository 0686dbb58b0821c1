#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace evd::store {

// Between the writer of the metric store and the builder of its rollups. Any thread.
class RollupState {
  public:
    // No rollup reaches beyond that moment: a sample from then on changes none.
    int64_t builtUntilNs() const { return built_until_ns_.load(); }
    void willBuildUntil(int64_t until_ns);
    // A sample before it was committed.
    void sampleCameLate(int64_t timestamp_ns);
    // The time of the earliest such sample since the last call; the greatest of i64 for none.
    int64_t takeLateSample();

  private:
    std::atomic<int64_t> built_until_ns_{std::numeric_limits<int64_t>::min()};
    std::atomic<int64_t> late_from_ns_{std::numeric_limits<int64_t>::max()};
};

}  // namespace evd::store
