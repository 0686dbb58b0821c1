#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "store/retention_database.h"
#include "store/retention_pace.h"
#include "store/retention_plan.h"

#include <cstddef>
#include <cstdint>
#include <functional>
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

// One pass of retention over one kind of store: deletes until everything is within the limits.
//
// Looks at every database of it - active, of earlier configurations, put aside - with read-only
// connections, lets planRetention() choose, and deletes batch by batch with a connection
// of its own, each batch within a turn of the shard's gate, with a rest after it. A database that
// cannot be read, is of another schema version or turns out damaged is left as it is and does not
// count: for this pass, when it may pass (busy, disk full), and for good otherwise. Several passes
// follow one another until one finds nothing to delete, because writers go on meanwhile. Used by
// one thread; the gates outlive it.
class RetentionSweep {
  public:
    // Waits that long; false when it is time to stop.
    using Rest = std::function<bool(int64_t rest_ns)>;

    RetentionSweep(const RetentionKind& kind, const base::Clock& clock)
        : kind_(kind), clock_(clock) {}

    // should_stop is asked within long statements. An error: the folder cannot be read.
    base::Result<SweepFigures> run(const RetentionLimits& limits, const Rest& rest,
                                   const StopCheck& should_stop);
    // Of the sweep that is under way; for its Rest.
    const SweepFigures& figures() const { return figures_; }

  private:
    struct Candidate {
        RetentionTarget target;
        uint64_t replacements = 0;  // of the gate, when it was opened
        std::unique_ptr<RetentionDatabase> database;
    };

    base::Result<void> look();
    // False when it is time to stop.
    bool removeWhatIsDue(const RetentionLimits& limits, const Rest& rest);
    base::Result<uint64_t> removeBatch(Candidate& candidate, int64_t through_ns);
    // Calls it within a turn, and takes note of how long it was.
    base::Result<uint64_t> withinTurn(Candidate& candidate,
                                      const std::function<base::Result<uint64_t>()>& action);
    base::Result<uint64_t> removeWithinTurn(Candidate& candidate, int64_t through_ns);
    base::Result<void> ensureOpen(Candidate& candidate);
    void leave(size_t index, const base::Error& error);

    const RetentionKind& kind_;
    const base::Clock& clock_;
    RetentionPace pace_;

    StopCheck should_stop_;
    std::vector<Candidate> candidates_;
    std::vector<DatabaseAge> ages_;  // of the candidates, by the same index
    std::set<std::string> left_for_good_;
    SweepFigures figures_;
};

}  // namespace evd::store
