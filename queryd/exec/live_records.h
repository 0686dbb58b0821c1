#pragma once

#include "queryd/exec/query_engine.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/store_readers.h"
#include "queryd/stream/live_loop.h"
#include "queryd/stream/stream_cursors.h"

#include <cstdint>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kLiveRowsMax = 512;          // of one database in one round
inline constexpr size_t kLiveBytesMax = 256 * 1024;  // the same; the last record may exceed it

// The records committed since the initial result, in the order of their ids (Spec §8.7).
//
// Every round looks at all databases, new ones included, and sends what lies beyond their cursors
// and answers the conditions; SINCE, UNTIL, WHERE and SELECT hold, nothing else does (Ruling Q11).
// Reads on the question's own thread, because such questions are idle nearly always. A database
// that cannot be read is passed over and taken up again where it was.
class LiveRecords final : public LiveSource {
  public:
    // The plan is that of livePlan().
    LiveRecords(StoreReaders& readers, const RecordPlan& plan, const RunControl& control,
                StreamCursors cursors, RecordSink& sink);

    base::Result<Round> sendNew() override;
    base::Result<void> flush() override { return sink_.flush(); }

  private:
    struct Found {
        int64_t id;
        size_t begin;
        size_t end;
    };
    class Collector;

    base::Result<bool> readDatabase(const DatabaseFile& file);
    base::Result<void> readNew(db::Connection& connection, const DatabaseFile& file, bool& more);

    StoreReaders& readers_;
    const RecordPlan& plan_;
    RunControl control_;
    StreamCursors cursors_;
    RecordSink& sink_;
    RowSelection selection_;
    std::vector<Found> found_;    // of this round
    std::vector<uint8_t> bytes_;  // their records
};

}  // namespace evd::queryd
