#pragma once

#include "common/base/check.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace evd::base {

// A hand-off between threads: many producers, one consumer, bounded by items and by bytes.
//
// Items carry a count (of records) and a size in bytes. A push that does not fit waits or is
// refused, as the caller chooses; an item alone larger than a limit is taken when the queue is
// empty, so that nothing is ever unpassable. After close() pushes are refused and pops drain what
// is left, then report the end. All calls are safe on any thread.
template <typename Item>
class BoundedQueue {
  public:
    BoundedQueue(size_t count_max, size_t bytes_max)
        : count_max_(count_max), bytes_max_(bytes_max) {
        EVD_CHECK(count_max > 0 && bytes_max > 0, "a queue needs room");
    }
    BoundedQueue(const BoundedQueue&) = delete;
    BoundedQueue& operator=(const BoundedQueue&) = delete;

    // Waits for room. False when the queue was closed; the item is then dropped.
    bool push(Item item, size_t count, size_t bytes) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || fits(count, bytes); });
        return closed_ ? false : enqueue(std::move(item), count, bytes);
    }

    // Does not wait. False when there is no room or the queue is closed; the item is then
    // untouched.
    bool tryPush(Item& item, size_t count, size_t bytes) {
        const std::lock_guard lock(mutex_);
        return closed_ || !fits(count, bytes) ? false : enqueue(std::move(item), count, bytes);
    }

    // The oldest item, waiting for one at most until the timeout (a day at most); nothing when none
    // came, the queue is closed and empty, or wake() was called.
    std::optional<Item> pop(std::chrono::nanoseconds timeout) {
        std::unique_lock lock(mutex_);
        // Now plus the greatest duration would overflow and end the wait at once.
        filled_.wait_for(lock, std::min(timeout, kWaitMax),
                         [&] { return closed_ || woken_ || !entries_.empty(); });
        woken_ = false;
        return take(lock);
    }

    // Ends the pop() that waits, or the next one, although nothing came: there is something else
    // to look at. For a queue with one consumer.
    void wake() {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        filled_.notify_all();
    }

    std::optional<Item> tryPop() {
        std::unique_lock lock(mutex_);
        return take(lock);
    }

    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        room_.notify_all();
        filled_.notify_all();
    }

    bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    size_t count() const {
        const std::lock_guard lock(mutex_);
        return count_;
    }
    size_t bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }

    // New limits hold for the next push; what is queued already stays.
    void setLimits(size_t count_max, size_t bytes_max) {
        const std::lock_guard lock(mutex_);
        count_max_ = count_max;
        bytes_max_ = bytes_max;
        room_.notify_all();
    }

  private:
    static constexpr std::chrono::nanoseconds kWaitMax = std::chrono::hours(24);

    struct Entry {
        Item item;
        size_t count;
        size_t bytes;
    };

    bool fits(size_t count, size_t bytes) const {
        return entries_.empty() || (count_ + count <= count_max_ && bytes_ + bytes <= bytes_max_);
    }

    bool enqueue(Item item, size_t count, size_t bytes) {
        entries_.push_back({std::move(item), count, bytes});
        count_ += count;
        bytes_ += bytes;
        filled_.notify_one();
        return true;
    }

    std::optional<Item> take(std::unique_lock<std::mutex>&) {
        if (entries_.empty()) {
            return std::nullopt;
        }
        Entry entry = std::move(entries_.front());
        entries_.pop_front();
        count_ -= entry.count;
        bytes_ -= entry.bytes;
        room_.notify_all();
        return std::move(entry.item);
    }

    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::deque<Entry> entries_;
    size_t count_max_;
    size_t bytes_max_;
    size_t count_ = 0;
    size_t bytes_ = 0;
    bool closed_ = false;
    bool woken_ = false;
};

}  // namespace evd::base
