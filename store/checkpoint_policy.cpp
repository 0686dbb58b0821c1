#include "store/checkpoint_policy.h"

namespace evd::store {

bool CheckpointPolicy::isDue(int64_t wal_bytes, bool is_idle) const {
    if (wal_bytes < threshold_bytes_ || wal_bytes == complete_at_bytes_) {
        return false;
    }
    if (blocked_at_bytes_ > 0) {
        return is_idle || wal_bytes >= blocked_at_bytes_ + threshold_bytes_ / 4 ||
               wal_bytes < blocked_at_bytes_;
    }
    return is_idle || wal_bytes >= kPatience * threshold_bytes_;
}

void CheckpointPolicy::attempted(int64_t wal_bytes, bool complete) {
    blocked_at_bytes_ = complete ? 0 : wal_bytes;
    complete_at_bytes_ = complete ? wal_bytes : 0;
}

bool CheckpointPolicy::wantsRetryWhenIdle(int64_t wal_bytes) const {
    return blocked_at_bytes_ > 0 && wal_bytes >= threshold_bytes_;
}

}  // namespace evd::store
