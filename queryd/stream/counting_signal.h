#pragma once

#include "queryd/stream/commit_signal.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace evd::queryd {

// A CommitSignal that whoever sees a commit bumps. The listener holds one; tests bump one by hand.
// Safe on any thread; outlives those who wait.
class CountingSignal final : public CommitSignal {
  public:
    void bump();
    uint64_t generation() const override;
    uint64_t waitBeyond(uint64_t seen, int64_t timeout_ms) override;

  private:
    mutable std::mutex mutex_;
    std::condition_variable bumped_;
    uint64_t generation_ = 0;
};

}  // namespace evd::queryd
