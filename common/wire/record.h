#pragma once

#include "common/base/guid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::wire {

// The plain structs that everything inside the group works with. Cap'n Proto messages are turned
// into these at the service files (common/ipc/convert) and never travel further. Values, any
// thread.

// The greatest sequence number that the stores account for on one cpu in this boot.
struct ResumePoint {
    uint16_t cpu = 0;
    uint64_t sequence = 0;
    bool operator==(const ResumePoint&) const = default;
};

// Sequence numbers of one cpu that are lost for ever (Spec §2.5).
struct Gap {
    uint64_t first_missing = 0;
    uint64_t last_missing = 0;
    int64_t last_timestamp_ns = 0;    // of the last event before the gap; 0 when there was none
    int64_t reveal_timestamp_ns = 0;  // of the event that revealed it
    bool operator==(const Gap&) const = default;
};

// Measures whose names begin so are in the report of SIGQUIT and nowhere else: they tell of input
// that was refused, and a visible counter of that would be in the hands of whoever sends it (Spec
// PSD-008 §4.2, Ruling L3).
inline constexpr std::string_view kReportOnlyPrefix = "reject.";

// One figure of a process, as `evctl status` shows it, e.g. "ring.0.fill_percent".
struct Measure {
    std::string name;
    int64_t value = 0;
};

// How one incarnation of a program ended that nobody had told to end.
struct CrashReport {
    int64_t wall_ns = 0;
    int32_t pid = 0;
    std::string how;                  // "was killed by signal 11 (SEGV)"
    std::vector<std::string> output;  // the last lines that it wrote to stderr

    bool operator==(const CrashReport&) const = default;
};

// A setting that stands in the configuration and is not in force.
struct SettingNotice {
    std::string name;
    std::string running;
    std::string configured;
    std::string reason;  // why it was refused; "" when it only waits for the next start

    bool operator==(const SettingNotice&) const = default;
};

struct ProcessStatus {
    std::string name;
    std::string state;
    int32_t pid = 0;
    uint32_t restarts = 0;
    int64_t started_wall_ns = 0;
    uint64_t memory_bytes = 0;
    std::vector<Measure> measures;
    std::string last_exit;
    std::vector<CrashReport> crashes = {};  // the newest last
    // Of the supervisor alone, which reads the configuration and replaces the others.
    std::vector<SettingNotice> settings = {};
    std::string upgrade = {};
};

// What the store tells after each commit (capnp/notices.capnp).
struct CommitNotice {
    enum class Store { Events, Logs, Metrics };
    Store store = Store::Events;
    uint16_t shard = 0;
    int64_t first_id = 0;
    int64_t last_id = 0;
    int64_t stable_id = 0;
    int64_t newest_timestamp_ns = 0;
};

}  // namespace evd::wire
