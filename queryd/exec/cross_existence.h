#pragma once

#include "common/base/result.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_readers.h"
#include "queryd/exec/time_ranges.h"
#include "queryd/plan/cross_condition.h"

#include <cstdint>
#include <memory>

namespace evd::queryd {

// The conditions of a question on other stores may hold in at most so many separate ranges of time;
// when there are more the question is refused, with the advice to narrow it.
inline constexpr size_t kCrossRangesMax = 1'000'000;

base::Error tooManyRanges();

// Where EVENT .. EXISTS or LOG .. EXISTS holds in the range: no farther than half_ns from a record
// of that kind that shows its time, both ends included (Spec §8.5, §9.2, Ruling Q12).
//
// Blocks the question's thread while the pool reads. Databases that cannot be read hold nothing.
// Fails when the store's folder cannot be read, when the control says so, past the memory budget,
// and with tooManyRanges().
base::Result<TimeRanges> readExistence(StoreReaders& readers, const CrossCondition& condition,
                                       std::shared_ptr<const Sight> sight, const TimeRange& range,
                                       int64_t half_ns, const RunControl& control);

}  // namespace evd::queryd
