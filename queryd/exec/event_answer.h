#pragma once

#include "common/base/result.h"
#include "queryd/exec/event_readers.h"
#include "queryd/exec/query_engine.h"
#include "queryd/plan/event_plan.h"
#include "queryd/stream/stream_cursors.h"

#include <vector>

namespace evd::queryd {

// The initial result of an EVENTS question, from planned to sent.
//
// Chooses among three ways: a merge of sorted streams for the orders of time, which sends records
// while it reads and holds next to nothing; the first records by SORT; and aggregation. Runs on the
// question's thread with the pool's help and answers, for a question that goes on, what it has
// covered of each database. Fails with the control's error, the sink's, or Busy for memory.
base::Result<StreamCursors> answerEvents(EventReaders& readers, const EventPlan& plan,
                                         const std::vector<DatabaseFile>& databases,
                                         const RunControl& control, RecordSink& sink);

}  // namespace evd::queryd
