#pragma once

#include <cstdint>

namespace evd::store {

// Decides when a writer may spend time on its indexes: in quiet periods only (Spec §3.3).
//
// Quiet is when nothing came for kQuietNs. A build that work interrupted needs a longer quiet
// before it is tried again, up to kQuietNsMax, for it is known to take longer than the last quiet
// lasted; one that failed (disk full) rests for kFailureRestNs. Pure; one writer's thread,
// monotonic time.
class BuildSchedule {
  public:
    static constexpr int64_t kQuietNs = 100'000'000;
    static constexpr int64_t kQuietNsMax = 1'600'000'000;
    static constexpr int64_t kFailureRestNs = 30'000'000'000;

    void workCame(int64_t now_ns) { quiet_since_ns_ = now_ns; }
    void interrupted(int64_t now_ns);
    void failed(int64_t now_ns) { rest_until_ns_ = now_ns + kFailureRestNs; }
    // Something was done, or something else is wanted now.
    void startOver();

    // How long until something may be done; 0: now.
    int64_t waitNs(int64_t now_ns) const;

  private:
    int64_t quiet_since_ns_ = 0;
    int64_t quiet_needed_ns_ = kQuietNs;
    int64_t rest_until_ns_ = 0;
};

}  // namespace evd::store
