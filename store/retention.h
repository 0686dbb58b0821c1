#pragma once

#include "common/base/clock.h"
#include "common/base/thread.h"
#include "common/wire/record.h"
#include "store/retention_plan.h"
#include "store/retention_sweep.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace evd::store {

// A kind of store and how much of it is kept.
struct RetentionPart {
    std::unique_ptr<RetentionKind> kind;
    RetentionLimits limits;
};

// Keeps the stores within their limits, on a thread of its own (Spec §3.4, §5.3, §7.3): one after
// the other, in the order of the parts.
//
// Sweeps kFirstSweepAfterNs after the start, so that a store that is often restarted is swept too,
// and then every RetentionCheckIntervalMinutes; at once when limits change or a store's disk is
// full (Spec §11), though not sooner than kSweepSpacingNs after the last one, and after one that
// found nothing not before kFutileRest times its length. While a disk is full it rests
// only briefly, for there is no writer that it could hold up. Deletes what the limits allow and
// nothing else: a full disk is no reason to delete what shall be kept. Calls come from the
// store's thread and do not wait, but stop(), which waits for one batch at most. The gates outlive
// it. A sweep that fails is told of and tried again at the next turn.
class Retention {
  public:
    static constexpr int64_t kFirstSweepAfterNs = 60 * base::kNsPerSecond;
    static constexpr int64_t kSweepSpacingNs = 100 * base::kNsPerMs;
    static constexpr int64_t kFutileRest = 10;
    static constexpr int64_t kTellAgainNs = 60 * base::kNsPerSecond;  // between two lines of log

    Retention(std::vector<RetentionPart> parts, const base::Clock& clock);
    ~Retention();
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;

    // Parts are counted from 0.
    void configure(size_t part, const RetentionLimits& limits);
    // A writer could not write: look for something to delete now.
    void wake();
    // Ends the thread. Later calls do nothing.
    void stop();

    void addMeasures(std::vector<wire::Measure>& measures) const;

  private:
    void run();
    // Waits until a sweep is due; false when stopped.
    bool waitUntilDue();
    bool rest(int64_t rest_ns);
    struct Part {
        Part(RetentionPart part, const base::Clock& clock)
            : kind(std::move(part.kind)), sweep(*kind, clock), limits(part.limits) {}
        std::unique_ptr<RetentionKind> kind;
        RetentionSweep sweep;
        RetentionLimits limits;      // guarded by mutex_
        int64_t deleted_before = 0;  // in earlier sweeps
        int64_t deleted_told = 0;    // of these, told of
        int64_t left_databases = 0;  // by the last sweep
    };

    void sweepAll();
    // Answers whether it found something to delete.
    bool sweep(Part& part);
    void publish(Part& part, const SweepFigures& figures);
    void tell(int64_t now_ns);

    const base::Clock& clock_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Part>> parts_;
    bool is_wanted_ = false;
    int64_t due_ns_ = 0;
    int64_t not_before_ns_ = 0;
    std::atomic<bool> is_hurried_ = false;  // a store's disk is full
    std::atomic<bool> stopping_ = false;

    // The thread's own.
    std::optional<int64_t> told_ns_;

    std::atomic<int64_t> runs_ = 0;
    std::atomic<int64_t> deleted_rows_ = 0;
    std::atomic<int64_t> last_run_ms_ = 0;
    std::atomic<int64_t> worst_pause_us_ = 0;
    std::atomic<int64_t> left_databases_ = 0;

    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::store
