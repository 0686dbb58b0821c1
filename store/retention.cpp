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

Retention::Retention(std::vector<RetentionPart> parts, const base::Clock& clock)
    : clock_(clock),
      due_ns_(clock.monotonicNs() + kFirstSweepAfterNs),
      not_before_ns_(clock.monotonicNs()) {
    for (RetentionPart& part : parts) {
        parts_.push_back(std::make_unique<Part>(std::move(part), clock));
    }
    thread_ = std::make_unique<base::Thread>("retention", [this] { run(); });
}

Retention::~Retention() {
    stop();
}

void Retention::configure(size_t part, const RetentionLimits& limits) {
    const std::lock_guard lock(mutex_);
    if (!(limits == parts_.at(part)->limits)) {
        parts_.at(part)->limits = limits;
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
        sweepAll();
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
    const int64_t wait_ns = is_hurried_ ? std::min(rest_ns, RetentionPace::kRestMinNs) : rest_ns;
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns),
                              [&] { return stopping_.load(); });
}

void Retention::sweepAll() {
    const int64_t begun_ns = clock_.monotonicNs();
    bool is_futile = true;
    for (const auto& part : parts_) {
        is_futile = !sweep(*part) && is_futile;
    }
    const int64_t ended_ns = clock_.monotonicNs();
    tell(ended_ns);
    last_run_ms_ = (ended_ns - begun_ns) / base::kNsPerMs;
    ++runs_;
    const std::lock_guard lock(mutex_);
    not_before_ns_ =
        ended_ns + std::max(kSweepSpacingNs, is_futile ? kFutileRest * (ended_ns - begun_ns) : 0);
    // All parts have the one interval.
    due_ns_ = later(ended_ns, parts_.front()->limits.check_interval_ns);
    // Limits that were changed meanwhile want another sweep too, but no hurry.
    is_hurried_ = is_hurried_ && is_wanted_;
}

bool Retention::sweep(Part& part) {
    RetentionLimits limits;
    {
        const std::lock_guard lock(mutex_);
        limits = part.limits;
    }
    const auto done = part.sweep.run(
        limits,
        [&](int64_t rest_ns) {
            publish(part, part.sweep.figures());
            return rest(rest_ns);
        },
        [this] { return stopping_.load(); });
    if (!done) {
        base::logWarning(base::cat("retention: ", done.error().text, ", trying again later"));
        return false;
    }
    publish(part, done.value());
    part.deleted_before += static_cast<int64_t>(done.value().removed_rows);
    return done.value().removed_rows > 0;
}

void Retention::publish(Part& part, const SweepFigures& figures) {
    part.left_databases = static_cast<int64_t>(figures.left_databases);
    int64_t deleted = static_cast<int64_t>(figures.removed_rows);
    int64_t left = 0;
    for (const auto& each : parts_) {
        deleted += each->deleted_before;
        left += each->left_databases;
    }
    deleted_rows_ = deleted;
    left_databases_ = left;
    worst_pause_us_ = std::max(worst_pause_us_.load(), figures.worst_hold_ns / base::kNsPerUs);
}

void Retention::tell(int64_t now_ns) {
    if (told_ns_ && now_ns - *told_ns_ < kTellAgainNs) {
        return;
    }
    for (const auto& part : parts_) {
        const int64_t deleted =
            part->deleted_before - std::exchange(part->deleted_told, part->deleted_before);
        if (deleted > 0) {
            base::logInfo(base::cat("retention: deleted ", deleted, " ", part->kind->rows()));
            told_ns_ = now_ns;
        }
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
