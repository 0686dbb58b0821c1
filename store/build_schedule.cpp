#include "store/build_schedule.h"

#include <algorithm>

namespace evd::store {

void BuildSchedule::interrupted(int64_t now_ns) {
    workCame(now_ns);
    quiet_needed_ns_ = std::min(quiet_needed_ns_ * 2, kQuietNsMax);
}

void BuildSchedule::startOver() {
    quiet_needed_ns_ = kQuietNs;
    rest_until_ns_ = 0;
}

int64_t BuildSchedule::waitNs(int64_t now_ns) const {
    const int64_t ready_ns = std::max(quiet_since_ns_ + quiet_needed_ns_, rest_until_ns_);
    return std::max<int64_t>(ready_ns - now_ns, 0);
}

}  // namespace evd::store
