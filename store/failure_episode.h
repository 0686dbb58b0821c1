#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <optional>

namespace evd::store {

// Decides when people are told that a shard cannot write.
//
// An episode begins with a failed transaction and ends with the next good one. It is told of once,
// and not within kTellAgainNs of the one before: a disk that is full but for a little makes an
// episode of every few batches. One that lasts is told of when that time is over. Pure; one per
// shard.
class FailureEpisode {
  public:
    static constexpr int64_t kTellAgainNs = 60 * base::kNsPerSecond;

    bool isFailing() const { return failures_ > 0; }

    // A transaction failed; whether to tell of it.
    bool failed(int64_t now_ns);
    // One succeeded: the number of failures, when it ends an episode that was told of.
    std::optional<uint64_t> succeeded();

  private:
    uint64_t failures_ = 0;
    bool is_told_ = false;
    std::optional<int64_t> told_ns_;
};

}  // namespace evd::store
