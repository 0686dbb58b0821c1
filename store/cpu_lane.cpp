#include "store/cpu_lane.h"

#include <algorithm>

namespace evd::store {

CpuLane::Admission CpuLane::admit(base::Interval run) {
    if (must_come_first_ && run.first > *must_come_first_) {
        return {Verdict::ComeAgain, {}};
    }
    if (queued_.intersects(run)) {
        return {Verdict::ComeAgain, {}};
    }
    auto wanted = accounted_.missingFrom(run);
    if (wanted.empty()) {
        if (must_come_first_ && run.last >= *must_come_first_) {
            must_come_first_.reset();  // it has come, and was found to be stored
        }
        return {Verdict::AlreadyHeld, {}};
    }
    must_come_first_.reset();
    for (const base::Interval& interval : wanted) {
        queued_.add(interval);
    }
    return {Verdict::Take, std::move(wanted)};
}

void CpuLane::committed(base::Interval interval) {
    queued_.remove(interval);
    accounted_.add(interval);
}

void CpuLane::found(const base::IntervalSet& held) {
    for (const base::Interval& interval : held.intervals()) {
        accounted_.add(interval);
    }
}

void CpuLane::failed(base::Interval interval, uint32_t epoch) {
    queued_.remove(interval);
    must_come_first_ = std::min(must_come_first_.value_or(interval.first), interval.first);
    epoch_ = std::max(epoch_, epoch + 1);
}

std::optional<base::Interval> CpuLane::newestAccounted() const {
    const auto intervals = accounted_.intervals();
    return intervals.empty() ? std::nullopt : std::optional(intervals.back());
}

}  // namespace evd::store
