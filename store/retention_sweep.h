#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "store/retention_database.h"
#include "store/retention_pace.h"
#include "store/retention_plan.h"
#include "store/shard_gate.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace evd::store {

inline constexpr size_t kRetentionOpenMax = 8;  // databases a sweep holds open at a time

// What a sweep did.
struct SweepFigures {
    uint64_t removed_rows = 0;
    int64_t worst_hold_ns = 0;    // the longest that a shard was held
    uint64_t left_databases = 0;  // could not be read or must not be written
};

// One pass of retention over the event store: deletes until everything is within the limits.
//
// Looks at every database of the folder - active, of earlier configurations, put aside - with
// read-only connections, lets planRetention() choose, and deletes batch by batch with a connection
// of its own, each batch within a turn of the shard's gate, with a rest after it. A database that
// cannot be read, is of another schema version or turns out damaged is left as it is and does not
// count: for this pass, when it may pass (busy, disk full), and for good otherwise. Several passes
// follow one another until one finds nothing to delete, because writers go on meanwhile. Used by
// one thread; the gates outlive it.
class RetentionSweep {
  public:
    // By shard number: the gates of the shards that have writers. Other databases have none.
    using Gates = std::map<uint16_t, ShardGate*>;
    // Waits that long; false when it is time to stop.
    using Rest = std::function<bool(int64_t rest_ns)>;

    RetentionSweep(std::string directory, const base::Guid& boot_id, Gates gates,
                   const base::Clock& clock)
        : directory_(std::move(directory)),
          boot_id_(boot_id),
          gates_(std::move(gates)),
          clock_(clock) {}

    // should_stop is asked within long statements. An error: the folder cannot be read.
    base::Result<SweepFigures> run(const RetentionLimits& limits, const Rest& rest,
                                   const std::function<bool()>& should_stop);
    // Of the sweep that is under way; for its Rest.
    const SweepFigures& figures() const { return figures_; }

  private:
    struct Candidate {
        std::string path;
        ShardGate* gate = nullptr;  // none: nobody else writes it
        uint64_t replacements = 0;  // of the gate, when it was opened
        std::unique_ptr<RetentionDatabase> database;
    };

    base::Result<void> look();
    // False when it is time to stop.
    bool removeWhatIsDue(const RetentionLimits& limits, const Rest& rest);
    base::Result<uint64_t> removeBatch(Candidate& candidate, int64_t through_ns);
    base::Result<uint64_t> removeWithinTurn(Candidate& candidate, int64_t through_ns);
    base::Result<void> ensureOpen(Candidate& candidate);
    void leave(size_t index, const base::Error& error);

    const std::string directory_;
    const base::Guid boot_id_;
    const Gates gates_;
    const base::Clock& clock_;
    RetentionPace pace_;

    std::function<bool()> should_stop_;
    std::vector<Candidate> candidates_;
    std::vector<DatabaseAge> ages_;  // of the candidates, by the same index
    std::set<std::string> left_for_good_;
    SweepFigures figures_;
};

}  // namespace evd::store
