#include "store/failure_episode.h"

#include <utility>

namespace evd::store {

bool FailureEpisode::failed(int64_t now_ns) {
    ++failures_;
    if (is_told_ || (told_ns_ && now_ns - *told_ns_ < kTellAgainNs)) {
        return false;
    }
    is_told_ = true;
    told_ns_ = now_ns;
    return true;
}

std::optional<uint64_t> FailureEpisode::succeeded() {
    const uint64_t failures = std::exchange(failures_, 0);
    return std::exchange(is_told_, false) ? std::optional(failures) : std::nullopt;
}

}  // namespace evd::store
