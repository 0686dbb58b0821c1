#include "store/sequence_allocator.h"

#include "common/base/check.h"

#include <algorithm>

namespace evd::store {

void SequenceAllocator::skipTo(int64_t last_id) {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(open_.empty(), "ids are skipped before any is given out");
    next_ = std::max(next_, last_id + 1);
}

int64_t SequenceAllocator::reserve(Reservation& reservation, uint32_t count) {
    EVD_CHECK(count > 0, "a reservation holds at least one id");
    const std::lock_guard lock(mutex_);
    const int64_t first = next_;
    next_ += count;
    if (!reservation.isOpen()) {
        reservation.lowest_ = first;
        open_.insert(first);
    }
    return first;
}

void SequenceAllocator::settle(Reservation& reservation) {
    const std::lock_guard lock(mutex_);
    open_.erase(reservation.lowest_);
    reservation.lowest_ = 0;
}

int64_t SequenceAllocator::stableId() const {
    const std::lock_guard lock(mutex_);
    return (open_.empty() ? next_ : *open_.begin()) - 1;
}

int64_t SequenceAllocator::lastReservedId() const {
    const std::lock_guard lock(mutex_);
    return next_ - 1;
}

}  // namespace evd::store
