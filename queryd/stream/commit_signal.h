#pragma once

#include <cstdint>

namespace evd::queryd {

// Commits seen by this process, for streaming questions to wait on. Safe on any thread.
class CommitSignal {
  public:
    virtual ~CommitSignal() = default;
    virtual uint64_t generation() const = 0;
    // Waits until the generation differs from `seen` or the timeout passes; answers the present
    // one.
    virtual uint64_t waitBeyond(uint64_t seen, int64_t timeout_ms) = 0;
};

}  // namespace evd::queryd
