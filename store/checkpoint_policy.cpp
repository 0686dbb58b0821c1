#include "store/checkpoint_policy.h"

#include <algorithm>

namespace evd::store {

void CheckpointPolicy::noteLog(int64_t wal_bytes) {
    if (wal_bytes < wal_bytes_) {
        forget();  // it is written from its beginning again
    }
    wal_bytes_ = wal_bytes;
}

CheckpointPolicy::Step CheckpointPolicy::next(Load load) const {
    if (passes_ == 0) {
        return begin(load);
    }
    const int64_t rest = wal_bytes_ - moved_bytes_;
    const bool is_short = rest <= threshold_bytes_ / 4;
    return is_short || passes_ >= kPassesMax ? Step::Finish : Step::Pass;
}

CheckpointPolicy::Step CheckpointPolicy::begin(Load load) const {
    if (load == Load::Idle && wantsRetryWhenIdle()) {
        return Step::Pass;
    }
    const int64_t patience = load == Load::Waiting ? kPatience : 1;
    const int64_t due_bytes =
        rested_bytes_ > 0 ? rested_bytes_ + threshold_bytes_ / 4 : patience * threshold_bytes_;
    return wal_bytes_ > 0 && wal_bytes_ >= due_bytes ? Step::Pass : Step::None;
}

void CheckpointPolicy::passEnded(const Pass& pass) {
    if (!pass.is_done) {
        passes_ = kPassesMax;  // Another would do no better.
        return;
    }
    ++passes_;
    // Others write to the log too. When it has begun anew since the pass, the next commit says so.
    wal_bytes_ = std::max(wal_bytes_, pass.wal_bytes);
    moved_bytes_ = pass.moved_bytes;
    if (pass.moved_bytes < pass.wal_bytes) {
        restUntilGrown(/*complete=*/false);
    } else if (pass.moved_bytes == wal_bytes_) {
        restUntilGrown(/*complete=*/true);
    }
}

void CheckpointPolicy::finished(bool complete) {
    restUntilGrown(complete);
}

void CheckpointPolicy::restUntilGrown(bool complete) {
    passes_ = 0;
    rested_bytes_ = wal_bytes_;
    times_held_ = complete ? 0 : times_held_ + 1;
}

void CheckpointPolicy::forget() {
    *this = CheckpointPolicy(threshold_bytes_);
}

bool CheckpointPolicy::wantsRetryWhenIdle() const {
    return wal_bytes_ >= threshold_bytes_ && rested_bytes_ > 0 &&
           (times_held_ > 0 || wal_bytes_ > rested_bytes_);
}

}  // namespace evd::store
