#pragma once

#include "collector/linux/proc_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

// An event on its way to KMES: what EmitEntry points into.
struct SensorEvent {
    std::string_view type;  // one of the constants below
    std::vector<uint8_t> payload;
};

// docs/events-linux.md is the reader's page for these.
inline constexpr std::string_view kProcessFork = "process.fork";
inline constexpr std::string_view kProcessExec = "process.exec";
inline constexpr std::string_view kProcessExit = "process.exit";
inline constexpr std::string_view kProcessUid = "process.uid";
inline constexpr std::string_view kProcessComm = "process.comm";

// What a payload says beside the process itself; which of it depends on the type.
struct ProcessChange {
    std::optional<int> wait_status;       // exit, as wait(2) gives it
    std::optional<uint32_t> old_uid;      // uid
    std::optional<uint32_t> new_uid;      // uid
    std::optional<std::string> old_name;  // comm
    std::optional<std::string> new_name;  // comm
    bool is_reconstructed = false;        // found by looking through /proc, not told by the kernel
};

// Turns start times in ticks since boot into wall time. Constant while the sensor runs, so that one
// process has one start time in all its events, whatever is done to the clock meanwhile.
struct BootTime {
    int64_t boot_wall_ns = 0;
    int64_t ticks_per_second = 100;
    int64_t wallNsOf(uint64_t ticks) const;
};

// The msgpack map of one event. Absent fields have no key. Pure.
SensorEvent makeProcessEvent(std::string_view type, const ProcessInfo& info,
                             const ProcessChange& change, const BootTime& boot);

}  // namespace evd::collector
