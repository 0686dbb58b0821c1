#pragma once

#include "collector/ring/event_batch.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace evd::collector {

// What one cpu may have on its way without an answer.
inline constexpr size_t kWindowBatchesMax = 8;
inline constexpr size_t kWindowBytesMax = size_t{8} * 1024 * 1024;

// The hand-off of one cpu's batches to the sending loop, and the count of what is not answered yet.
//
// This is where back-pressure turns round (Spec PSD-008 §2.3): a full window makes the drain thread
// stop reading and the ring absorbs. The drain thread calls awaitRoom and hand, the loop take and
// release; both may call the rest. A drain thread that found room may hand in more than one batch,
// so the limits are overrun by one read at most. The bell is rung on the drain thread after each
// batch and must be quick.
class BatchWindow {
  public:
    explicit BatchWindow(std::function<void()> bell) : bell_(std::move(bell)) {}
    BatchWindow(const BatchWindow&) = delete;
    BatchWindow& operator=(const BatchWindow&) = delete;

    // Waits for room. False when the time is over and there is still none.
    bool awaitRoom(std::chrono::nanoseconds timeout);
    void hand(EventBatch batch);
    // Makes the loop look although nothing was handed in: this drain thread has finished.
    void ringBell() { bell_(); }

    // The oldest batch that was handed in and not taken.
    std::optional<EventBatch> take();
    // A batch of so many event bytes was answered.
    void release(size_t bytes);

    size_t unansweredBatches() const;
    // The store's own limit for events in a batch; never above kBatchEventsMax.
    uint32_t eventsMax() const { return events_max_; }
    void setEventsMax(uint32_t events_max);

  private:
    bool hasRoom() const {
        return batches_ < kWindowBatchesMax && (bytes_ < kWindowBytesMax || batches_ == 0);
    }

    std::function<void()> bell_;
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::deque<EventBatch> handed_;
    size_t batches_ = 0;
    size_t bytes_ = 0;
    std::atomic<uint32_t> events_max_ = kBatchEventsMax;
};

}  // namespace evd::collector
