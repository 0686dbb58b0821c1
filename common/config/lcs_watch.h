#pragma once

#include "common/base/fd.h"
#include "common/config/lcs_calls.h"

namespace evd::config {

inline constexpr int kLcsRetryMs = 5000;

// Notices when something below our key in LCS may have changed.
//
// A watch belongs to a key and goes with it. So arm() is called before each reading, and finds a
// watch that still holds, or makes one: on our key with all that is below it, or, as long as there
// is none, on the nearest key above it. What comes between the two is then noticed. fd() is one
// descriptor whatever key is watched, readable when take() has something to say. When the registry
// does not answer it is so after kLcsRetryMs, so that reading is tried again. One thread.
class LcsWatch {
  public:
    // The calls outlive it.
    explicit LcsWatch(const LcsCalls& calls, int retry_ms = kLcsRetryMs);

    int fd() const { return both_.get(); }
    // 0, or the negative errno for which nothing is watched.
    int arm();
    // Whether what has come matters to a reader; never waits.
    bool take();
    void retryLater();

  private:
    int watchFirstOf(bool& is_ours);
    bool isOursThere() const;
    bool takeEvents();

    const LcsCalls& calls_;
    int retry_ms_;
    base::Fd both_;  // an epoll descriptor over the two below
    base::Fd key_;
    base::Fd timer_;
    bool is_stale_ = true;  // the next arm() has to look anew
    bool is_ours_ = false;  // the watched key is ours, and not one above it
};

}  // namespace evd::config
