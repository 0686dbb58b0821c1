#include "store/retention_plan.h"

#include "common/base/clock.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

constexpr int64_t kNsPerDay = int64_t{24} * 3600 * base::kNsPerSecond;

std::optional<size_t> withOldestEvent(std::span<const DatabaseAge> databases) {
    std::optional<size_t> found;
    for (size_t index = 0; index < databases.size(); ++index) {
        const auto& oldest_ns = databases[index].oldest_ns;
        if (oldest_ns && (!found || *oldest_ns < *databases[*found].oldest_ns)) {
            found = index;
        }
    }
    return found;
}

uint64_t totalBytes(std::span<const DatabaseAge> databases) {
    uint64_t total = 0;
    for (const DatabaseAge& database : databases) {
        total += static_cast<uint64_t>(std::max<int64_t>(database.live_bytes, 0));
    }
    return total;
}

}  // namespace

std::optional<RetentionStep> planRetention(std::span<const DatabaseAge> databases,
                                           const RetentionLimits& limits, int64_t wall_ns) {
    const auto oldest = withOldestEvent(databases);
    if (!oldest) {
        return std::nullopt;
    }
    const int64_t kept_since_ns = wall_ns - int64_t{limits.days} * kNsPerDay;
    if (limits.days > 0 && *databases[*oldest].oldest_ns < kept_since_ns) {
        return RetentionStep{*oldest, kept_since_ns - 1};
    }
    if (limits.bytes_max == 0 || totalBytes(databases) <= limits.bytes_max) {
        return std::nullopt;
    }
    int64_t through_ns = std::numeric_limits<int64_t>::max();
    for (const DatabaseAge& database : databases) {
        if (database.oldest_ns) {
            through_ns = std::min(through_ns, database.reach_ns);
        }
    }
    return RetentionStep{*oldest, through_ns};
}

}  // namespace evd::store
