#include "store/retention_sweep.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "store/database_files.h"

#include <algorithm>
#include <utility>

namespace evd::store {

namespace {

// Of a database that somebody may have taken away while it was looked at.
bool isForNow(base::ErrorKind kind) {
    return mayPass(kind) || kind == base::ErrorKind::Gone || kind == base::ErrorKind::NotFound;
}

}  // namespace

base::Result<SweepFigures> RetentionSweep::run(const RetentionLimits& limits, const Rest& rest,
                                               const StopCheck& should_stop) {
    figures_ = {};
    if (limits.days == 0 && limits.bytes_max == 0) {
        return figures_;
    }
    should_stop_ = should_stop;
    uint64_t removed_before = 0;
    bool go_on = true;
    do {
        removed_before = figures_.removed_rows;
        EVD_TRY(look());
        go_on = removeWhatIsDue(limits, rest);
        candidates_.clear();
    } while (go_on && figures_.removed_rows > removed_before);
    return figures_;
}

base::Result<void> RetentionSweep::look() {
    candidates_.clear();
    ages_.clear();
    figures_.left_databases = 0;
    auto targets = kind_.databases();
    if (!targets) {
        return targets.error();
    }
    for (RetentionTarget& target : targets.value()) {
        if (should_stop_()) {
            return {};
        }
        const std::string path = target.path;
        candidates_.push_back({std::move(target), 0, nullptr});
        ages_.emplace_back();
        if (left_for_good_.contains(path)) {
            ++figures_.left_databases;
            continue;
        }
        const auto age = kind_.look(path, pace_.rows(), should_stop_);
        if (age) {
            ages_.back() = age.value();
        } else {
            leave(ages_.size() - 1, age.error());
        }
    }
    return {};
}

bool RetentionSweep::removeWhatIsDue(const RetentionLimits& limits, const Rest& rest) {
    while (!should_stop_()) {
        const auto step = planRetention(ages_, limits, clock_.wallNs());
        if (!step) {
            return true;
        }
        Candidate& candidate = candidates_[step->database];
        const auto removed = removeBatch(candidate, step->through_ns);
        if (!removed) {
            leave(step->database, removed.error());
        } else {
            figures_.removed_rows += removed.value();
            candidate.database->checkpointIfLong();
            const auto age = candidate.database->age(pace_.rows());
            if (!age) {
                leave(step->database, age.error());
            } else {
                ages_[step->database] = age.value();
                if (removed.value() == 0) {
                    // Somebody else was faster; it takes part again in the next pass.
                    ages_[step->database].oldest_ns.reset();
                }
            }
        }
        if (!rest(pace_.restNs())) {
            return false;
        }
    }
    return false;
}

base::Result<uint64_t> RetentionSweep::removeBatch(Candidate& candidate, int64_t through_ns) {
    if (candidate.database == nullptr) {
        const auto opened = withinTurn(candidate, [&]() -> base::Result<uint64_t> {
            EVD_TRY(ensureOpen(candidate));
            return uint64_t{0};
        });
        if (!opened) {
            return opened;
        }
        EVD_TRY(candidate.database->survey());
    }
    return withinTurn(candidate, [&] { return removeWithinTurn(candidate, through_ns); });
}

base::Result<uint64_t> RetentionSweep::withinTurn(
    Candidate& candidate, const std::function<base::Result<uint64_t>()>& action) {
    ShardGate* const gate = candidate.target.gate;
    int64_t begun_ns = 0;
    base::Result<uint64_t> done = uint64_t{0};
    bool writer_waited = false;
    if (gate == nullptr) {
        begun_ns = clock_.monotonicNs();
        done = action();
    } else {
        const ShardGate::Turn turn(*gate);
        begun_ns = clock_.monotonicNs();
        done = action();
        writer_waited = gate->isWanted();
    }
    const int64_t hold_ns = clock_.monotonicNs() - begun_ns;
    if (gate != nullptr) {
        figures_.worst_hold_ns = std::max(figures_.worst_hold_ns, hold_ns);
    }
    pace_.took(hold_ns, writer_waited);
    return done;
}

base::Result<uint64_t> RetentionSweep::removeWithinTurn(Candidate& candidate, int64_t through_ns) {
    EVD_TRY(ensureOpen(candidate));
    auto removed = candidate.database->removeOldest(through_ns, pace_.rows());
    if (removed && candidate.target.gate != nullptr) {
        candidate.target.gate->rows().removed(removed.value());
    }
    return removed;
}

base::Result<void> RetentionSweep::ensureOpen(Candidate& candidate) {
    const uint64_t replacements =
        candidate.target.gate == nullptr ? 0 : candidate.target.gate->replacements();
    if (candidate.database != nullptr) {
        return candidate.replacements == replacements
                   ? base::Result<void>()
                   : base::fail(base::ErrorKind::Gone,
                                base::cat(candidate.target.path, " is another database now"));
    }
    const auto is_open = [](const Candidate& other) { return other.database != nullptr; };
    if (std::count_if(candidates_.begin(), candidates_.end(), is_open) >=
        static_cast<std::ptrdiff_t>(kRetentionOpenMax)) {
        for (Candidate& other : candidates_) {
            other.database.reset();
        }
    }
    auto opened = kind_.open(candidate.target);
    if (!opened) {
        return opened.error();
    }
    candidate.database = std::move(opened).value();
    candidate.database->setStopCheck(should_stop_);
    candidate.replacements = replacements;
    return {};
}

// A database that retention cannot shrink takes no part: neither its age nor its size make it due,
// so the others do not pay for it.
void RetentionSweep::leave(size_t index, const base::Error& error) {
    ages_[index] = {};
    candidates_[index].database.reset();
    ++figures_.left_databases;
    if (!isForNow(error.kind)) {
        if (candidates_[index].target.gate == nullptr) {
            left_for_good_.insert(candidates_[index].target.path);  // else its writer replaces it
        }
        base::logWarning(base::cat("retention: ", candidates_[index].target.path, ": ", error.text,
                                   ", leaving it as it is"));
    }
}

}  // namespace evd::store
