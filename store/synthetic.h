#pragma once

#include "common/base/guid.h"
#include "common/wire/record.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace evd::store {

// Records that eventd makes itself (Spec §2.6): no KMES header, timestamp of their making, payload
// a msgpack map (Ruling S3):
//
//   synthetic.startup        {boot_id, restart, shard_count, resume: [{cpu_id, sequence}]}
//   synthetic.shutdown       {last: [{cpu_id, sequence}]}
//   synthetic.gap            {cpu_id, first_missing, last_missing, count,
//                             last_timestamp?, reveal_timestamp}
//   synthetic.config_change  {key, old, new}, nil when absent
//   synthetic.storage_error  {store, shard?, error}
//
// GUIDs are text in braces (Ruling S11). Pure values; any thread.
struct SyntheticEvent {
    std::string_view type;  // one of the constants below
    int64_t timestamp_ns = 0;
    std::optional<uint16_t> cpu;  // only gap records have one (Spec §2.5)
    std::vector<uint8_t> payload;
};

inline constexpr std::string_view kStartupType = "synthetic.startup";
inline constexpr std::string_view kShutdownType = "synthetic.shutdown";
inline constexpr std::string_view kGapType = "synthetic.gap";
inline constexpr std::string_view kConfigChangeType = "synthetic.config_change";
inline constexpr std::string_view kStorageErrorType = "synthetic.storage_error";

struct StartupFacts {
    base::Guid boot_id;
    bool is_restart = false;
    uint32_t shard_count = 0;
    std::vector<wire::ResumePoint> resume;
};
SyntheticEvent startupEvent(int64_t wall_ns, const StartupFacts& facts);
SyntheticEvent shutdownEvent(int64_t wall_ns, const std::vector<wire::ResumePoint>& last);
SyntheticEvent gapEvent(int64_t wall_ns, uint16_t cpu, const wire::Gap& gap);

// old_value and new_value are msgpack; empty stands for nil.
SyntheticEvent configChangeEvent(int64_t wall_ns, std::string_view key,
                                 const std::vector<uint8_t>& old_value,
                                 const std::vector<uint8_t>& new_value);

// store: "event", "log" or "metric" (Spec §3.1).
SyntheticEvent storageErrorEvent(int64_t wall_ns, std::string_view store,
                                 std::optional<uint16_t> shard, std::string_view error);

}  // namespace evd::store
