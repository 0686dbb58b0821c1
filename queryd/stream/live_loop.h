#pragma once

#include "common/base/result.h"
#include "queryd/stream/commit_signal.h"

#include <atomic>
#include <cstdint>

namespace evd::queryd {

// What a streaming question reads after its initial result.
class LiveSource {
  public:
    virtual ~LiveSource() = default;
    struct Round {
        bool sent = false;  // records went to the reader
        bool more = false;  // another round would find more at once
    };
    // Sends what is new, a bounded amount.
    virtual base::Result<Round> sendNew() = 0;
    // Ends a burst.
    virtual base::Result<void> flush() = 0;
};

inline constexpr int64_t kLivePollMs = 1000;    // a lost notice costs at most this
inline constexpr int64_t kCancelCheckMs = 250;  // how soon a cancelled question ends

// Waits until the generation is not the one that was seen any more, the time has passed, or the
// question is cancelled.
void waitForCommit(CommitSignal& signal, uint64_t seen, int64_t wait_ms,
                   const std::atomic<bool>* cancelled);

// Sends what is new, waits for commits, and again, until the source fails or the question is
// cancelled (Gone).
//
// The generation is taken before the databases are read, so a commit that the reading did not see
// ends the wait at once. Blocks the calling thread; source, signal and flag outlive the call.
base::Result<void> followCommits(LiveSource& source, CommitSignal& signal,
                                 const std::atomic<bool>* cancelled);

}  // namespace evd::queryd
