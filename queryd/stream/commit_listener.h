#pragma once

#include "common/base/thread.h"
#include "common/bus/bus.h"
#include "queryd/stream/counting_signal.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace evd::queryd {

// Hears the store's commit notices and wakes the streaming questions.
//
// Owns the subscriber and one thread that waits on it; every notice bumps the signal, and what is
// no notice is counted and dropped (see ipc::decodeCommitNotice). Losing a notice costs latency
// only: streaming questions look for themselves once a second. The destructor ends the thread
// within kListenerWaitMs.
class CommitListener {
  public:
    explicit CommitListener(std::unique_ptr<bus::Subscriber> subscriber);
    ~CommitListener();
    CommitListener(const CommitListener&) = delete;
    CommitListener& operator=(const CommitListener&) = delete;

    CommitSignal& signal() { return signal_; }
    uint64_t noticeCount() const { return notices_; }
    uint64_t droppedCount() const { return dropped_; }

  private:
    void listen();

    std::unique_ptr<bus::Subscriber> subscriber_;
    CountingSignal signal_;
    std::atomic<bool> stopping_{false};
    std::atomic<uint64_t> notices_{0};
    std::atomic<uint64_t> dropped_{0};
    base::Thread thread_;  // last: it uses everything above
};

inline constexpr int64_t kListenerWaitMs = 500;

}  // namespace evd::queryd
