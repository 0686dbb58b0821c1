#pragma once

#include "common/base/result.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/record_row.h"
#include "queryd/exec/store_readers.h"
#include "queryd/exec/top_records.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace evd::queryd {

// The records around others (WITH CONTEXT, Ruling Q14).
//
// "Around" are those of exactly the same name next to a hit in the order of ids, which is the order
// in which they came in; whatever WHERE and the range of time say. Contexts that overlap are one,
// so no record comes twice. Reads with one short look-up per hit on the question's own thread, and
// holds every record of the answer, taken from the budget: Busy above it. A database that cannot be
// read gives nothing more.
class ContextLines {
  public:
    ContextLines(StoreReaders& readers, const RecordPlan& plan, const RunControl& control);

    // All of the hits of one database, with what is around them up to last_id, appended in no
    // order; their keys are those of SORT. `database` is noted in the records.
    base::Result<void> read(const DatabaseFile& file, size_t database, int64_t last_id,
                            std::span<const int64_t> hits, std::vector<SortedRecord>& records);

  private:
    base::Result<void> collectIds(db::Connection& connection, std::span<const int64_t> hits);
    base::Result<void> readRecords(db::Connection& connection, size_t database,
                                   std::vector<SortedRecord>& records);
    SortedRecord recordOf(RecordRow& row, size_t database) const;

    StoreReaders& readers_;
    const RecordPlan& plan_;
    RunControl control_;
    RowSelection selection_;
    MemoryShare memory_;
    int64_t last_id_ = 0;
    std::set<int64_t> ids_;    // of the database at hand, in the answer and not yet read
    size_t ids_counted_ = 0;   // how many of the database's ids the budget knows of
    size_t next_hit_ = 0;      // where to go on after a retry
    base::Result<void> full_;  // the budget's refusal
};

}  // namespace evd::queryd
