#include "store/batch_lane.h"

#include <algorithm>

namespace evd::store {

BatchLane::Verdict BatchLane::admit(uint64_t number) {
    if (number <= last_stored_) {
        return Verdict::AlreadyStored;
    }
    if (number <= last_taken_) {
        return Verdict::ComeAgain;
    }
    if (has_failed_ && number > last_refused_) {
        last_refused_ = number;
        return Verdict::ComeAgain;
    }
    has_failed_ = false;
    last_taken_ = number;
    return Verdict::Take;
}

void BatchLane::committed(uint64_t number) {
    last_stored_ = std::max(last_stored_, number);
}

void BatchLane::failed(uint64_t number, uint32_t epoch) {
    if (epoch != epoch_) {
        last_refused_ = std::max(last_refused_, number);
        return;
    }
    ++epoch_;
    last_taken_ = number - 1;
    // Not the greatest of an earlier failure: what was refused then may be on its way again.
    last_refused_ = number;
    has_failed_ = true;
}

}  // namespace evd::store
