#include "store/retention.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace evd::store {

namespace {

// Without an interval (in tests) nothing is due by itself.
int64_t later(int64_t now_ns, int64_t interval_ns) {
    return interval_ns > 0 ? now_ns + interval_ns : std::numeric_limits<int64_t>::max();
}

}  // namespace

Retention::Retention(const std::string& directory, const base::Guid& boot_id,
                     RetentionSweep::Gates gates, const RetentionLimits& limits,
                     const base::Clock& clock)
    : clock_(clock),
      sweep_(directory, boot_id, std::move(gates), clock),
      limits_(limits),
      due_ns_(clock.monotonicNs() + kFirstSweepAfterNs),
      not_before_ns_(clock.monotonicNs()),
      thread_(std::make_unique<base::Thread>("retention", [this] { run(); })) {}

Retention::~Retention() {
    stop();
}

void Retention::configure(const RetentionLimits& limits) {
    const std::lock_guard lock(mutex_);
    if (!(limits == limits_)) {
        limits_ = limits;
        is_wanted_ = true;
        changed_.notify_all();
    }
}

void Retention::wake() {
    const std::lock_guard lock(mutex_);
    is_wanted_ = true;
    is_hurried_ = true;
    changed_.notify_all();
}

void Retention::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    thread_->join();
}

void Retention::run() {
    while (waitUntilDue()) {
        sweep();
    }
}

bool Retention::waitUntilDue() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const int64_t now_ns = clock_.monotonicNs();
        const int64_t due_ns = is_wanted_ ? std::min(due_ns_, not_before_ns_) : due_ns_;
        if (due_ns <= now_ns) {
            is_wanted_ = false;
            return true;
        }
        // An hour at most: the sum with the clock inside must not overflow.
        constexpr std::chrono::nanoseconds kWaitMax = std::chrono::hours(1);
        changed_.wait_for(lock, std::min(std::chrono::nanoseconds(due_ns - now_ns), kWaitMax));
    }
    return false;
}

bool Retention::rest(int64_t rest_ns) {
    publish(sweep_.figures());
    const int64_t wait_ns = is_hurried_ ? std::min(rest_ns, RetentionPace::kRestMinNs) : rest_ns;
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns),
                              [&] { return stopping_.load(); });
}

void Retention::sweep() {
    RetentionLimits limits;
    {
        const std::lock_guard lock(mutex_);
        limits = limits_;
    }
    const int64_t begun_ns = clock_.monotonicNs();
    const auto done = sweep_.run(
        limits, [this](int64_t rest_ns) { return rest(rest_ns); },
        [this] { return stopping_.load(); });
    const int64_t ended_ns = clock_.monotonicNs();
    const bool is_futile = !done || done.value().removed_rows == 0;
    if (!done) {
        base::logWarning(base::cat("retention: ", done.error().text, ", trying again later"));
    } else {
        publish(done.value());
        deleted_before_ = deleted_rows_;
        tell(ended_ns);
    }
    last_run_ms_ = (ended_ns - begun_ns) / base::kNsPerMs;
    ++runs_;
    const std::lock_guard lock(mutex_);
    not_before_ns_ =
        ended_ns + std::max(kSweepSpacingNs, is_futile ? kFutileRest * (ended_ns - begun_ns) : 0);
    due_ns_ = later(ended_ns, limits_.check_interval_ns);
    is_hurried_ = is_wanted_;
}

void Retention::publish(const SweepFigures& figures) {
    deleted_rows_ = deleted_before_ + static_cast<int64_t>(figures.removed_rows);
    worst_pause_us_ = std::max(worst_pause_us_.load(), figures.worst_hold_ns / base::kNsPerUs);
    left_databases_ = static_cast<int64_t>(figures.left_databases);
}

void Retention::tell(int64_t now_ns) {
    const bool is_early = told_ns_ && now_ns - *told_ns_ < kTellAgainNs;
    if (deleted_before_ > deleted_told_ && !is_early) {
        base::logInfo(base::cat("retention: deleted ", deleted_before_ - deleted_told_, " events"));
        deleted_told_ = deleted_before_;
        told_ns_ = now_ns;
    }
}

void Retention::addMeasures(std::vector<wire::Measure>& measures) const {
    measures.push_back({"retention.runs", runs_});
    measures.push_back({"retention.deleted_rows", deleted_rows_});
    measures.push_back({"retention.last_run_ms", last_run_ms_});
    measures.push_back({"retention.worst_pause_us", worst_pause_us_});
    measures.push_back({"retention.left_databases", left_databases_});
}

}  // namespace evd::store
