#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/event_row.h"
#include "queryd/exec/run_control.h"
#include "queryd/plan/event_plan.h"

#include <cstdint>
#include <limits>

namespace evd::queryd {

enum class ScanOrder {
    NewestFirst,  // timestamp descending, then id descending
    OldestFirst,  // timestamp ascending, then id descending
    ById,         // id ascending, the order of commits
};

// Where a scan goes on after a pause. A plain value.
struct ScanPosition {
    bool started = false;
    int64_t timestamp = 0;
    int64_t id = 0;
};

struct ScanRequest {
    const EventPlan& plan;
    const EventSelection& selection;
    ScanOrder order = ScanOrder::NewestFirst;
    // Rows outside were not there when the question began, or are known already.
    int64_t after_id = std::numeric_limits<int64_t>::min();
    int64_t last_id = std::numeric_limits<int64_t>::max();
    RunControl control = {};
};

// Takes the rows that a scan finds.
class RowConsumer {
  public:
    virtual ~RowConsumer() = default;
    // False: enough for now; the scan pauses after this row. Trouble of the consumer's own is kept
    // by the consumer, so that the scan's errors are the database's.
    virtual bool take(EventRow& row) = 0;
};

enum class ScanEnd { Finished, Paused };

// How long one scan may keep a snapshot: a reader that holds one makes the write-ahead log grow.
inline constexpr int64_t kScanSliceNs = 50 * base::kNsPerMs;

// Reads events of one database that answer the plan's conditions, in order, from the position on.
//
// One call is one short read transaction: it ends after a time slice, when the consumer has enough,
// or when nothing is left, and the next call goes on from the position, in a new snapshot. Because
// rows are bounded by last_id and the position is a key, not a count, the calls together see
// exactly the rows that were there when last_id was taken (and have not been deleted since). Fails
// with the error of the database, of the consumer, or of the control. Uses the connection's thread.
base::Result<ScanEnd> scanEvents(db::Connection& connection, const ScanRequest& request,
                                 ScanPosition& position, RowConsumer& consumer);

// The greatest id in the database; the minimum of i64 when it holds no event.
base::Result<int64_t> greatestEventId(db::Connection& connection);

}  // namespace evd::queryd
