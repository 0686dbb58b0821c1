#include "store/build_schedule.h"

#include <algorithm>

namespace evd::store {

void BuildSchedule::wanted(int64_t now_ns) {
    if (!wanted_since_ns_) {
        wanted_since_ns_ = now_ns;
    }
}

void BuildSchedule::interrupted(int64_t now_ns) {
    workCame(now_ns);
    quiet_needed_ns_ = std::min(quiet_needed_ns_ * 2, kQuietNsMax);
    if (isOverdue(now_ns)) {
        rest_until_ns_ = now_ns + kPressedRestNs;
    }
}

void BuildSchedule::startOver() {
    wanted_since_ns_.reset();
    quiet_needed_ns_ = kQuietNs;
    rest_until_ns_ = 0;
}

int64_t BuildSchedule::waitNs(int64_t now_ns) const {
    int64_t ready_ns = quiet_since_ns_ + quiet_needed_ns_;
    if (wanted_since_ns_) {
        ready_ns = std::min(ready_ns, *wanted_since_ns_ + kPatienceNs);
    }
    return std::max<int64_t>(std::max(ready_ns, rest_until_ns_) - now_ns, 0);
}

}  // namespace evd::store
