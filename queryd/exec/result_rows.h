#pragma once

#include "common/base/result.h"
#include "queryd/exec/answer_window.h"
#include "queryd/exec/group_table.h"
#include "queryd/plan/record_plan.h"

#include <vector>

namespace evd::queryd {

// The end of an aggregation: its rows put into the order of SORT - what ties keeps the
// aggregation's own order - and sent as records that hold what SELECT names, through SKIP and TAKE
// (Ruling Q7, Q10). On the question's thread; fails with the sink's error or the control's.
base::Result<void> sendResultRows(const RecordPlan& plan, std::vector<ResultRow>& rows,
                                  AnswerWindow& window);

}  // namespace evd::queryd
