#pragma once

#include "common/base/bounded_queue.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evd::store {

// What waits for a writer of the store: a BoundedQueue by rows and bytes that remembers whether
// somebody found it full.
//
// Whoever pushes is the event loop, which must not wait; so it is refused, and the writer tells it
// when it is worth trying again: once half of the queue is free, and once only. Items say their
// rows() and bytes(); one without rows counts as one. Pushing and limits are for any thread, taking
// out for the writer's.
template <typename Item>
class WriterQueue : private base::BoundedQueue<Item> {
    using Queue = base::BoundedQueue<Item>;

  public:
    WriterQueue(uint64_t rows_max, size_t bytes_max)
        : Queue(rows_max, bytes_max), bytes_max_(bytes_max), rows_max_(rows_max) {}

    // False when there is no room: the item is untouched, and takeWishForRoom() will tell.
    bool tryPush(Item& item) {
        const size_t item_rows = std::max<size_t>(item.rows(), 1);
        const size_t item_bytes = item.bytes();
        if (Queue::tryPush(item, item_rows, item_bytes)) {
            return true;
        }
        // The writer may have emptied the queue just before the wish was written down: look once
        // more.
        wants_room_.store(true);
        if (Queue::tryPush(item, item_rows, item_bytes)) {
            wants_room_.store(false);
            return true;
        }
        return false;
    }

    // Whether somebody was refused and half of the queue is free now; then the wish is over.
    bool takeWishForRoom() {
        return wants_room_.load() && this->count() <= rowsMax() / 2 &&
               this->bytes() <= bytes_max_ / 2 && wants_room_.exchange(false);
    }

    void setRowsMax(uint64_t rows_max) {
        rows_max_.store(rows_max);
        Queue::setLimits(rows_max, bytes_max_);
    }
    uint64_t rowsMax() const { return rows_max_.load(); }

    using Queue::bytes;
    using Queue::close;
    using Queue::closed;
    using Queue::count;
    using Queue::pop;
    using Queue::tryPop;
    using Queue::wake;

  private:
    const size_t bytes_max_;
    std::atomic<uint64_t> rows_max_;
    std::atomic<bool> wants_room_{false};
};

}  // namespace evd::store
