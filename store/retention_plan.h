#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace evd::store {

// How long the records of a store are kept: EventRetentionDays, LogRetentionMaxBytes and their
// like. Zero is no limit.
struct RetentionLimits {
    uint32_t days = 0;
    uint64_t bytes_max = 0;         // live bytes of all databases of the store
    int64_t check_interval_ns = 0;  // RetentionCheckIntervalMinutes

    bool operator==(const RetentionLimits&) const = default;
};

// What one database holds, as far as retention must know it.
struct DatabaseAge {
    int64_t live_bytes = 0;            // (page_count - freelist_count) x page size (Ruling S8)
    std::optional<int64_t> oldest_ns;  // the least timestamp; nothing in an empty database
    // The timestamp of the last row of the next batch, oldest first; of the newest row when there
    // are fewer.
    int64_t reach_ns = 0;
};

// The next batch: in that database, its oldest rows up to and including that time.
struct RetentionStep {
    size_t database = 0;
    int64_t through_ns = 0;

    bool operator==(const RetentionStep&) const = default;
};

// Decides what is deleted next (Spec §3.4); nothing when everything is within the limits.
//
// Age comes first: whatever is older than `days` goes. Then size: while all databases together are
// larger than the limit, the oldest records of all of them go, whichever database they are in. A
// batch ends at the least `reach_ns` of all, so that no batch of one database runs ahead of older
// records in another, and yet of every round of databases one gives a full batch. Databases that
// cannot be written must not be among them: what nobody can delete does not make others pay.
// Pure; called again after each batch with what has changed.
std::optional<RetentionStep> planRetention(std::span<const DatabaseAge> databases,
                                           const RetentionLimits& limits, int64_t wall_ns);

}  // namespace evd::store
