#include "store/batch_lane.h"

#include <algorithm>

namespace evd::store {

BatchLane::Verdict BatchLane::admit(uint64_t number, int64_t now_ns) {
    if (number <= last_stored_) {
        return Verdict::AlreadyStored;
    }
    if (number <= last_taken_) {
        return Verdict::ComeAgain;
    }
    const bool is_straggler =
        failed_ns_ && number > last_refused_ && now_ns - *failed_ns_ < kStragglersNs;
    if (is_straggler) {
        last_refused_ = number;
        return Verdict::ComeAgain;
    }
    failed_ns_.reset();
    last_taken_ = number;
    return Verdict::Take;
}

void BatchLane::committed(uint64_t number) {
    last_stored_ = std::max(last_stored_, number);
}

void BatchLane::failed(uint64_t number, uint32_t epoch, int64_t now_ns) {
    last_refused_ = std::max(last_refused_, number);
    if (epoch == epoch_) {
        ++epoch_;
        last_taken_ = number - 1;
        failed_ns_ = now_ns;
    }
}

}  // namespace evd::store
