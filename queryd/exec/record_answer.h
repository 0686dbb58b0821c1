#pragma once

#include "common/base/result.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/store_readers.h"
#include "queryd/plan/record_plan.h"
#include "queryd/stream/stream_cursors.h"

#include <vector>

namespace evd::queryd {

// The initial result of an EVENTS or LOGS question, from planned to sent.
//
// Chooses among the ways: a merge of sorted streams for the orders of time, which sends records
// while it reads and holds next to nothing; the first records by SORT, or with what is around them;
// and aggregation. All but the first take a quick survey of every database before
// (database_survey.h) and share its ids among the threads (reading_plan.h). Runs on the question's
// thread with the pool's help and answers, for a question that goes on, what it has
// covered of each database. Fails with the control's error, the sink's, or Busy for memory.
base::Result<StreamCursors> answerRecords(StoreReaders& readers, const RecordPlan& plan,
                                          const std::vector<DatabaseFile>& databases,
                                          const RunControl& control, RecordSink& sink);

}  // namespace evd::queryd
