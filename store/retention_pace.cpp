#include "store/retention_pace.h"

#include <algorithm>

namespace evd::store {

void RetentionPace::took(int64_t hold_ns, bool writer_waited) {
    last_hold_ns_ = hold_ns;
    pressure_ =
        writer_waited ? std::min(pressure_ * 2, kPressureMax) : std::max<int64_t>(pressure_ / 2, 1);
    const int64_t wanted_ns = pressure_ > 1 ? kHoldWantedNs / 2 : kHoldWantedNs;
    if (hold_ns > wanted_ns) {
        rows_ = std::max(rows_ / 2, kRowsMin);
    } else if (hold_ns <= wanted_ns / 2) {
        rows_ = std::min(rows_ * 2, kRowsMax);
    }
}

int64_t RetentionPace::restNs() const {
    return std::clamp(last_hold_ns_ * kRestPerHold * pressure_, kRestMinNs, kRestMaxNs);
}

}  // namespace evd::store
