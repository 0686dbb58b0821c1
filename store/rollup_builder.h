#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_window.h"
#include "store/file_room.h"
#include "store/rollup_policy.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace evd::store {

// Computes rollups that are missing and stores them, a little at a time (Spec §7.4, rollup
// computation).
//
// A pass over one kind looks at every series it applies to, from one moment to another, finds the
// windows that have samples but no rollup, and fills them in; only windows that are over by then
// count. Samples are read and the rollup is written in one write transaction, so that no sample can
// slip in between them; that is also why a step is kept small, for whoever else writes has to wait
// for it. Values that are no finite number are not stored (they are an error to whoever asks). Uses
// its connection on one thread; the caller decides when.
class RollupBuilder {
  public:
    static base::Result<std::unique_ptr<RollupBuilder>> make(db::Connection& connection);

    // One pass and where it has got to. A plain value.
    struct Pass {
        RollupKind kind;
        int64_t from_ns = 0;
        int64_t until_ns = 0;   // windows that end later are left out
        int64_t series_id = 0;  // the first that is not finished
        int64_t series_from_ns = 0;
        bool is_finished = false;
    };
    static Pass begin(const RollupKind& kind, int64_t from_ns, int64_t until_ns);

    struct Work {
        uint64_t looks = 0;  // samples read and windows looked at
        uint64_t windows_made = 0;
    };
    // One transaction, of about looks_max, though never less than one window. On an error nothing
    // of it is stored and the pass stays where it was. Gone: the connection's progress check.
    base::Result<Work> step(Pass& pass, uint64_t looks_max);

  private:
    struct Series {
        int64_t id = 0;
        int64_t type = 0;
    };

    explicit RollupBuilder(db::Connection& connection) : connection_(connection) {}
    base::Result<void> prepare();

    base::Result<void> stepWithin(Pass& pass, uint64_t looks_max, Work& work);
    base::Result<std::optional<Series>> nextSeries(int64_t from_id);
    // False: the series has nothing more in this pass.
    base::Result<bool> nextWindow(Pass& pass, int64_t series_id, Work& work);
    base::Result<bool> exists(const Pass& pass, int64_t series_id, int64_t window_start_ns);
    base::Result<void> build(const Pass& pass, int64_t series_id, int64_t window_start_ns,
                             Work& work);
    base::Result<void> fold(const Pass& pass, int64_t series_id, int64_t window_start_ns,
                            Work& work);
    base::Result<void> insert(const Pass& pass, int64_t series_id, const wire::WindowValue& window);
    base::Result<void> rememberKind(const RollupKind& kind);

    db::Connection& connection_;
    std::unique_ptr<FileRoom> room_;
    std::unique_ptr<db::Statement> next_series_;
    std::unique_ptr<db::Statement> next_sample_;
    std::unique_ptr<db::Statement> exists_;
    std::unique_ptr<db::Statement> sample_before_;
    std::unique_ptr<db::Statement> samples_;
    std::unique_ptr<db::Statement> insert_;
    std::vector<wire::WindowValue> windows_;
    RollupKinds remembered_;
};

// The kinds that a metric store holds or has held rollups of: what a sample that comes late has to
// be looked up in.
inline constexpr std::string_view kRollupKindsKey = "rollup_kinds";
base::Result<RollupKinds> storedRollupKinds(db::Connection& connection);

// In front of a kind: up to when a metric store has been looked through for it.
inline constexpr std::string_view kRollupThroughPrefix = "rollup_through.";

// Removes the rollups that a sample changes by coming late (Ruling S9): those of the windows that
// it lies in, and, of rates and deltas, those of the windows that the next sample of its series
// lies in. Within the transaction that holds the sample, after it was inserted.
class RollupInvalidator {
  public:
    static base::Result<std::unique_ptr<RollupInvalidator>> make(db::Connection& connection);
    base::Result<void> sampleCame(const RollupKinds& kinds, int64_t series_id,
                                  int64_t timestamp_ns);
    // What was removed from there on must be looked for again, also of kinds that are wanted later
    // and after a restart: says so in the store, for every kind that was looked through so far.
    base::Result<void> lookAgainFrom(int64_t timestamp_ns);

  private:
    RollupInvalidator() = default;
    base::Result<void> remove(const RollupKind& kind, int64_t series_id, int64_t timestamp_ns);

    std::unique_ptr<db::Statement> remove_;
    std::unique_ptr<db::Statement> sample_after_;
    std::unique_ptr<db::Statement> lower_through_;
};

}  // namespace evd::store
