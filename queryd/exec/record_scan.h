#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/index_choice.h"
#include "queryd/exec/name_choice.h"
#include "queryd/exec/record_row.h"
#include "queryd/exec/run_control.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <limits>

namespace evd::queryd {

enum class ScanOrder {
    NewestFirst,  // timestamp descending, then id descending
    OldestFirst,  // timestamp ascending, then id descending
    ById,         // id ascending, the order of commits
    ByName,       // one listed name after the other through the index on names, each by id
    ByIndex,      // what searches of other indexes find, by id
};

// Ids of one database: those above `after`, up to `last`.
struct IdRange {
    int64_t after = std::numeric_limits<int64_t>::min();
    int64_t last = std::numeric_limits<int64_t>::max();
    bool operator==(const IdRange&) const = default;
};

// Where a scan goes on after a pause. A plain value.
struct ScanPosition {
    bool started = false;
    int64_t timestamp = 0;
    int64_t id = 0;
    size_t name = 0;  // ByName: which of the names
};

struct ScanRequest {
    const RecordPlan& plan;
    const RowSelection& selection;
    ScanOrder order = ScanOrder::NewestFirst;
    // Rows outside were not there when the question began, are known already, or are another's.
    IdRange ids = {};
    // What of the plan's range has to be tested.
    TimeRange time = plan.time;
    // The names in question, where they have been chosen before; ByName needs them listed. They
    // hold for rows up to ids.last only: later ones may bring new names.
    const NameChoice* names = nullptr;
    const IndexChoice* index = nullptr;  // of ByIndex
    RunControl control = {};
};

// Takes the rows that a scan finds.
class RowConsumer {
  public:
    virtual ~RowConsumer() = default;
    // False: enough for now; the scan pauses after this row. Trouble of the consumer's own is kept
    // by the consumer, so that the scan's errors are the database's.
    virtual bool take(RecordRow& row) = 0;
};

enum class ScanEnd { Finished, Paused };

// So many ranges of time that a plan is confined to are looked up one by one in the index on time;
// more of them, and other orders, leave it to the conditions.
inline constexpr size_t kSeekRangesMax = 2000;
bool seeksRanges(const RecordPlan& plan);

// How long one scan may keep a snapshot: a reader that holds one makes the write-ahead log grow.
inline constexpr int64_t kScanSliceNs = 50 * base::kNsPerMs;

// Reads records of one database that answer the plan's conditions, in order, from the position on.
//
// One call is one short read transaction: it ends after a time slice, when the consumer has enough,
// or when nothing is left, and the next call goes on from the position, in a new snapshot. Because
// rows are bounded by ids.last and the position is a key, not a count, the calls together see
// exactly the rows that were there when that id was taken (and have not been deleted since). Fails
// with the error of the database or of the control. Uses the connection's thread.
base::Result<ScanEnd> scanRecords(db::Connection& connection, const ScanRequest& request,
                                  ScanPosition& position, RowConsumer& consumer);

// The greatest id of the table; the minimum of i64 when it is empty or not there.
base::Result<int64_t> greatestId(db::Connection& connection, const RecordTable& table);

}  // namespace evd::queryd
