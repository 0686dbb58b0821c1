#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/thread.h"
#include "common/wire/record.h"
#include "store/retention_pace.h"
#include "store/rollup_builder.h"
#include "store/rollup_schedule.h"
#include "store/rollup_state.h"
#include "store/shard_gate.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evd::store {

// Computes rollups in the background (Spec §7.4, rollup computation), on a thread and a connection
// of its own.
//
// Works in steps of a few milliseconds, each within a turn of the metric store's gate, and rests
// in between as retention does; while the writer is kept waiting it lets go at once and tries again
// later, so that a busy store costs it patience and nobody else anything. How far each kind has got
// is kept in the store. A step that fails is told of once and tried again. Calls come from the
// store's loop and do not wait, but stop(), which waits for one step. Gate, state and clock outlive
// it.
class RollupThread {
  public:
    static constexpr int64_t kPressedRestNs = 100 * base::kNsPerMs;
    static constexpr int64_t kTroubleRestNs = 30 * base::kNsPerSecond;
    static constexpr int64_t kLookNs = base::kNsPerSecond;  // between two looks for late samples

    RollupThread(std::string path, ShardGate& gate, RollupState& state, const base::Clock& clock);
    ~RollupThread();
    RollupThread(const RollupThread&) = delete;
    RollupThread& operator=(const RollupThread&) = delete;

    void want(RollupKindsView kinds);
    void stop();
    void addMeasures(std::vector<wire::Measure>& measures) const;

  private:
    void run();
    // False when stopped.
    bool rest(int64_t rest_ns);
    void takeNews();
    void takeWanted();
    void takeLateSample();
    base::Result<void> ensureOpen();
    base::Result<void> runPass(const RollupSchedule::Due& due);
    base::Result<bool> stepWithinTurn(RollupBuilder::Pass& pass);
    base::Result<std::map<RollupKind, int64_t>> loadThrough();
    base::Result<void> saveThrough(const RollupSchedule::Due& due);

    const std::string path_;
    ShardGate& gate_;
    RollupState& state_;
    const base::Clock& clock_;

    std::mutex mutex_;
    std::condition_variable changed_;
    RollupKindsView wanted_;
    std::atomic<bool> has_news_ = false;
    std::atomic<bool> stopping_ = false;

    // The thread's own.
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<RollupBuilder> builder_;  // ends before the connection
    uint64_t replacements_ = 0;               // of the gate, when it was opened
    RollupKindsView kinds_;
    RollupSchedule schedule_;
    RetentionPace pace_;
    bool is_failing_ = false;

    std::atomic<int64_t> kinds_wanted_ = 0;
    std::atomic<int64_t> passes_ = 0;
    std::atomic<int64_t> windows_built_ = 0;
    std::atomic<int64_t> worst_hold_us_ = 0;

    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::store
