#pragma once

#include "common/base/clock.h"

#include <atomic>
#include <cstdint>

namespace evd::test {

// A Clock that stands still until the test moves it, so that nothing in a test waits for real time.
//
// Both times move together with advanceNs(); setWallNs() steps only the wall time, as an
// administrator or NTP would, also backwards. Safe on any thread: a test may move it while the code
// under test reads.
class FakeClock final : public base::Clock {
  public:
    // 2026-01-01T00:00:00Z, far from zero so that forgotten subtractions show.
    static constexpr int64_t kStartWallNs = 1'767'225'600 * base::kNsPerSecond;

    explicit FakeClock(int64_t wall_ns = kStartWallNs) : wall_ns_(wall_ns) {}

    int64_t wallNs() const override { return wall_ns_.load(); }
    int64_t monotonicNs() const override { return monotonic_ns_.load(); }

    void advanceNs(int64_t duration_ns) {
        wall_ns_ += duration_ns;
        monotonic_ns_ += duration_ns;
    }
    void advanceMs(int64_t duration_ms) { advanceNs(duration_ms * base::kNsPerMs); }
    void setWallNs(int64_t wall_ns) { wall_ns_ = wall_ns; }

  private:
    std::atomic<int64_t> wall_ns_;
    std::atomic<int64_t> monotonic_ns_{base::kNsPerSecond};
};

}  // namespace evd::test
