#pragma once

#include "collector/linux/host_texts.h"
#include "common/wire/record_datagram.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evd::collector {

inline constexpr size_t kFileSystemsMax = 64;
inline constexpr size_t kHostLabelBytesMax = 256;

struct FileSystemUse {
    Mount mount;
    uint64_t total_bytes = 0;
    uint64_t free_bytes = 0;       // for root
    uint64_t available_bytes = 0;  // for everybody
    uint64_t inodes = 0;           // 0 where there is no such limit
    uint64_t inodes_free = 0;
};

struct HostPressure {
    std::string resource;
    std::vector<PressureLine> lines;
};

// One look at the machine. What could not be read is empty or absent.
struct HostSnapshot {
    int64_t timestamp_ns = 0;
    uint64_t ticks_per_second = 100;
    HostStat stat;
    std::vector<NamedNumber> memory;
    std::vector<NamedNumber> virtual_memory;
    std::vector<DiskStats> disks;
    std::vector<InterfaceStats> interfaces;
    std::optional<LoadAverage> load;
    std::vector<HostPressure> pressure;
    std::vector<FileSystemUse> file_systems;
    std::optional<double> uptime_seconds;
    std::optional<uint64_t> processes;
};

using MetricSink = std::function<void(const wire::MetricRecord&)>;

// Turns a look at the machine into metric records, named as docs/metrics-linux.md says.
//
// `before` is the look before this one, or null: shares of time are taken between the two. Names of
// devices, interfaces and mounts become labels, in which '=' and ',' and what is not UTF-8 are
// replaced, and which are cut at kHostLabelBytesMax. The sink is called once for each record, whose
// text lives until it returns. Pure.
void reportHost(const HostSnapshot& now, const HostSnapshot* before, const MetricSink& sink);

// A name that somebody chose, as a label may hold it; "" for nothing. Pure.
std::string labelText(std::string_view name);

}  // namespace evd::collector
