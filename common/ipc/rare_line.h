#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <optional>

namespace evd::ipc {

inline constexpr int64_t kRareLineIntervalNs = 60 * base::kNsPerSecond;

// Decides whether a line that strangers can cause is written: the first at once, then one in
// kRareLineIntervalNs. Pure; one per kind of line.
class RareLine {
  public:
    // How many were kept back since the last one, if this one is to be written.
    std::optional<uint64_t> pass(int64_t now_ns) {
        if (last_ns_ && now_ns - *last_ns_ < kRareLineIntervalNs) {
            ++kept_back_;
            return std::nullopt;
        }
        last_ns_ = now_ns;
        const uint64_t kept_back = kept_back_;
        kept_back_ = 0;
        return kept_back;
    }

  private:
    std::optional<int64_t> last_ns_;
    uint64_t kept_back_ = 0;
};

}  // namespace evd::ipc
