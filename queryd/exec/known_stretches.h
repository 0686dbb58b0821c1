#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/plan/condition.h"

#include <cstdint>
#include <vector>

namespace evd::queryd {

// The stretches of time, in order, in which rollups say of a series that all of its samples satisfy
// the comparison, or that none does (Spec §8.5, §7.4).
//
// Of such a stretch the first sample says as much as all of them do: where the newest sample
// satisfies the comparison comes out the same. The greatest value of a window says that none is
// above a limit, its least that all are; other comparisons than < <= > >= have no stretches.
// Stretches that would save next to nothing are left out. Windows reach beyond the range, stretches
// do not. Inside one read transaction, on its connection's thread; errors are the database's.
base::Result<std::vector<TimeRange>> knownStretches(db::Connection& connection, int64_t series,
                                                    const Condition& comparison,
                                                    const TimeRange& range);

}  // namespace evd::queryd
