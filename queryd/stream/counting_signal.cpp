#include "queryd/stream/counting_signal.h"

#include <chrono>

namespace evd::queryd {

void CountingSignal::bump() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    bumped_.notify_all();
}

uint64_t CountingSignal::generation() const {
    const std::lock_guard lock(mutex_);
    return generation_;
}

uint64_t CountingSignal::waitBeyond(uint64_t seen, int64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    bumped_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                     [&] { return generation_ != seen; });
    return generation_;
}

}  // namespace evd::queryd
