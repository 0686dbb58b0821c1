#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "queryd/exec/query_engine.h"

namespace evd::queryd {

// Explains a question: its plan, and, because it runs the question, what each step has read of each
// database and how long that took.
//
// The answer of the question itself is counted and thrown away; of a streaming question only the
// initial result is made, and INDEX is not done. What goes to the sink are ordinary records, in
// this order:
//
//   {step: "plan", text}                                         one per line of the plan
//   {step, database, access, rows_looked_at, rows_matched, bytes_read, time_ns, slices, cut_short,
//    left_out}                                                   one per step and database
//   {step: "answer", records, bytes, time_ns, error?}            the last
//
// A question that ran out of time or memory is explained all the same, with the error in the last
// record. To who may not see everything in question it does not say what was read. Blocks like
// QueryEngine::run(); fails when the question was cancelled or its sink has failed.
base::Result<void> explainQuestion(QueryEngine& engine, const PreparedQuery& query,
                                   const RunOptions& options, const base::Clock& clock,
                                   RecordSink& sink);

}  // namespace evd::queryd
