#pragma once

#include "queryd/exec/cross_ranges.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_readers.h"
#include "queryd/stream/live_loop.h"
#include "queryd/stream/stream_cursors.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kLiveRowsMax = 512;          // of one database in one round
inline constexpr size_t kLiveBytesMax = 256 * 1024;  // the same; the last record may exceed it

// The records committed since the initial result, in the order of their ids (Spec §8.7).
//
// Every round looks at all databases, new ones included, and sends what lies beyond their cursors
// and answers the conditions; SINCE, UNTIL, WHERE and SELECT hold, nothing else does (Ruling Q11).
// What the caller may see is asked anew for every round (Spec §9.2); what they may not see makes no
// round of its own, so that nothing is heard of it.
// Reads on the question's own thread, because such questions are idle nearly always. A database
// that cannot be read is passed over and taken up again where it was.
//
// With conditions on other stores the new records of one database are a batch: the conditions are
// answered anew for the moment of its latest record, and hold or do not hold for all of it (Spec
// §8.7).
class LiveRecords final : public LiveSource {
  public:
    struct Parts {
        StoreReaders& readers;
        const RecordPlan& plan;  // that of livePlan()
        RunControl control;
        CrossReader& cross;
        Sights& sights;  // the same as the reader's
    };
    LiveRecords(const Parts& parts, StreamCursors cursors, RecordSink& sink);

    base::Result<Round> sendNew() override;
    base::Result<void> flush() override { return sink_.flush(); }

  private:
    struct Found {
        int64_t id;
        size_t begin;
        size_t end;
    };
    class Collector;

    struct Batch {
        IdRange ids;
        // Of what may be seen, where there are conditions on other stores.
        std::optional<int64_t> latest_ns;
        bool more = false;
    };

    base::Result<bool> readDatabase(const DatabaseFile& file);
    base::Result<void> findNew(db::Connection& connection, const DatabaseFile& file,
                               std::optional<Batch>& batch);
    base::Result<RecordPlan> planFor(const Batch& batch);
    base::Result<std::optional<int64_t>> latestVisible(db::Connection& connection,
                                                       const IdRange& ids) const;
    base::Result<void> readNew(db::Connection& connection, const DatabaseFile& file,
                               const RecordPlan& plan, Batch& batch);

    StoreReaders& readers_;
    const RecordPlan& plan_;
    RunControl control_;
    CrossReader& cross_;
    Sights& sights_;
    StreamCursors cursors_;
    RecordSink& sink_;
    std::shared_ptr<const Sight> sight_;  // of this round
    std::vector<Found> found_;            // of this round
    std::vector<uint8_t> bytes_;          // their records
};

}  // namespace evd::queryd
