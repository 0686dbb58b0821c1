#include "collector/ring/sequence_tracker.h"

#include <algorithm>
#include <limits>

namespace evd::collector {

namespace {

// Ruling S11: beyond 2^63-1 a timestamp is clamped.
int64_t clampTimestamp(uint64_t timestamp_ns) {
    constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    return static_cast<int64_t>(std::min(timestamp_ns, kMax));
}

}  // namespace

bool SequenceTracker::accept(uint64_t sequence, uint64_t timestamp_ns,
                             std::vector<wire::Gap>& gaps) {
    if (sequence < expected_) {
        return false;
    }
    if (sequence > expected_) {
        for (const auto& missing : held_.missingFrom({expected_, sequence - 1})) {
            gaps.push_back(
                {missing.first, missing.last, last_timestamp_ns_, clampTimestamp(timestamp_ns)});
        }
    }
    const bool is_new = sequence > held_greatest_ || !held_.contains(sequence);
    advance(sequence, timestamp_ns);
    if (!held_.empty()) {
        held_.remove({0, sequence});
    }
    return is_new;
}

void SequenceTracker::advance(uint64_t sequence, uint64_t timestamp_ns) {
    expected_ = sequence + 1;
    last_timestamp_ns_ = clampTimestamp(timestamp_ns);
}

}  // namespace evd::collector
