#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/result.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace evd::queryd {

// A reader that has not taken one frame in full after so long is cut.
inline constexpr int64_t kSendDeadlineMs = 10'000;
// How often a wait for a slow reader looks whether the question was cancelled.
inline constexpr int kSendCancelCheckMs = 50;
// What the send buffer is raised to when the last words of a connection do not fit (the kernel caps
// it).
inline constexpr int kLastWordsBufferBytes = 1024 * 1024;

// Puts whole frames onto a connected stream socket, never blocking in the kernel and never raising
// SIGPIPE.
//
// A stream takes frames in parts; what of a frame did not fit is kept and goes in front of what
// sendNow() or sendLast() sends next, so that the peer never sees a torn message followed by
// another one. After a sendWaiting() that failed only these may follow. Belongs to one answer and
// its thread. Errors: Gone (the peer left, or the question was cancelled), Busy (no room).
class FrameSender {
  public:
    FrameSender(base::Fd connection, const base::Clock& clock)
        : connection_(std::move(connection)), clock_(clock) {}

    // Waits for room, at most kSendDeadlineMs for this frame.
    base::Result<void> sendWaiting(std::span<const uint8_t> frame,
                                   const std::atomic<bool>& cancelled);
    // Does not wait (Spec §8.7: a streaming client's full buffer ends its question).
    base::Result<void> sendNow(std::span<const uint8_t> frame);
    // The connection's last frame. Does not wait either, but enlarges the send buffer, so that a
    // reader who was too slow still learns why it is cut.
    base::Result<void> sendLast(std::span<const uint8_t> frame);

    void setDeadline(int64_t deadline_ms) { deadline_ms_ = deadline_ms; }

  private:
    base::Result<size_t> sendPart(std::span<const uint8_t> bytes);
    base::Result<void> flushKept();
    base::Result<void> waitForRoom(int64_t deadline_ns, const std::atomic<bool>& cancelled);

    base::Fd connection_;
    const base::Clock& clock_;
    int64_t deadline_ms_ = kSendDeadlineMs;
    std::vector<uint8_t> kept_;  // the rest of a frame that has been sent in part
};

}  // namespace evd::queryd
