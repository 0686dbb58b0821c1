#pragma once

#include <cstdint>
#include <optional>

namespace evd::store {

// Decides when a writer may spend time on its indexes: in quiet periods (Spec §3.3).
//
// Quiet is when nothing came for kQuietNs. A build that work interrupted needs a longer quiet
// before it is tried again, up to kQuietNsMax, for it is known to take longer than the last quiet
// lasted; one that failed (disk full) rests for kFailureRestNs. A shard that gets a few records
// every second is never quiet for long enough and would never get an index although it is nearly
// idle. So patience ends after kPatienceNs: from then on a step may be made at any moment and goes
// on while records wait, as long as they do not press (docs/decisions/0005). Pure; one writer's
// thread, monotonic time.
class BuildSchedule {
  public:
    static constexpr int64_t kQuietNs = 100'000'000;
    static constexpr int64_t kQuietNsMax = 1'600'000'000;
    static constexpr int64_t kFailureRestNs = 30'000'000'000;
    static constexpr int64_t kPatienceNs = 60'000'000'000;
    static constexpr int64_t kPressedRestNs = 10'000'000'000;  // between two tries without patience

    void workCame(int64_t now_ns) { quiet_since_ns_ = now_ns; }
    // There is something to do.
    void wanted(int64_t now_ns);
    void interrupted(int64_t now_ns);
    void failed(int64_t now_ns) { rest_until_ns_ = now_ns + kFailureRestNs; }
    // Something was done, something else is wanted now, or nothing.
    void startOver();

    // How long until something may be done; 0: now.
    int64_t waitNs(int64_t now_ns) const;
    // Whether a step need not give way to the first record that comes.
    bool isOverdue(int64_t now_ns) const {
        return wanted_since_ns_ && now_ns - *wanted_since_ns_ >= kPatienceNs;
    }

  private:
    std::optional<int64_t> wanted_since_ns_;
    int64_t quiet_since_ns_ = 0;
    int64_t quiet_needed_ns_ = kQuietNs;
    int64_t rest_until_ns_ = 0;
};

}  // namespace evd::store
