#include "collector/ring/batch_window.h"

#include "common/base/check.h"

#include <algorithm>
#include <utility>

namespace evd::collector {

bool BatchWindow::awaitRoom(std::chrono::nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    return room_.wait_for(lock, timeout, [this] { return hasRoom(); });
}

void BatchWindow::hand(EventBatch batch) {
    {
        const std::lock_guard lock(mutex_);
        ++batches_;
        bytes_ += batch.events.size();
        handed_.push_back(std::move(batch));
    }
    bell_();
}

std::optional<EventBatch> BatchWindow::take() {
    const std::lock_guard lock(mutex_);
    if (handed_.empty()) {
        return std::nullopt;
    }
    EventBatch batch = std::move(handed_.front());
    handed_.pop_front();
    return batch;
}

void BatchWindow::release(size_t bytes) {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(batches_ > 0 && bytes_ >= bytes, "only what was handed in can be released");
    --batches_;
    bytes_ -= bytes;
    if (hasRoom()) {
        room_.notify_one();
    }
}

size_t BatchWindow::unansweredBatches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
}

void BatchWindow::setEventsMax(uint32_t events_max) {
    events_max_ = std::clamp(events_max, uint32_t{1}, kBatchEventsMax);
}

}  // namespace evd::collector
