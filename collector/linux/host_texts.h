#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

// What one file can bring at most; the rest of a larger machine is left out.
inline constexpr size_t kCoresMax = 1024;
inline constexpr size_t kDisksMax = 256;
inline constexpr size_t kInterfacesMax = 256;
inline constexpr size_t kMountsReadMax = 4096;

// Pure readers of the files in /proc that speak of the machine as a whole.
//
// The kernel writes them, but names of interfaces, devices and mounts in them are chosen by people,
// and a file may be cut when it is longer than what is read. So each reader takes what it
// understands, passes over what it does not, and never fails: what is missing is absent.

inline constexpr size_t kCpuModes = 8;
inline constexpr std::array<std::string_view, kCpuModes> kCpuModeNames = {
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};

struct CoreTimes {
    uint32_t core = 0;
    std::array<uint64_t, kCpuModes> ticks{};  // in the order of kCpuModeNames
};

struct HostStat {
    std::vector<CoreTimes> cores;
    std::optional<uint64_t> context_switches;
    std::optional<uint64_t> interrupts;
    std::optional<uint64_t> forks;
    std::optional<uint64_t> running;
    std::optional<uint64_t> blocked;
};
HostStat parseHostStat(std::string_view text);

// /proc/meminfo ("Key: 12 kB", answered in bytes) and /proc/vmstat ("key 12").
struct NamedNumber {
    std::string name;
    uint64_t number = 0;
};
std::vector<NamedNumber> parseNamedNumbers(std::string_view text);

// Whole disks that were ever used: no partitions, whose disk counts them, no loop or ram devices.
struct DiskStats {
    std::string name;
    uint64_t reads = 0;
    uint64_t sectors_read = 0;  // of 512 bytes, whatever the disk's
    uint64_t read_ms = 0;
    uint64_t writes = 0;
    uint64_t sectors_written = 0;
    uint64_t write_ms = 0;
    uint64_t in_flight = 0;
    uint64_t busy_ms = 0;
};
std::vector<DiskStats> parseDiskStats(std::string_view text);

struct TrafficCounters {
    uint64_t bytes = 0;
    uint64_t packets = 0;
    uint64_t errors = 0;
    uint64_t dropped = 0;
};
struct InterfaceStats {
    std::string name;
    TrafficCounters received;
    TrafficCounters sent;
};
std::vector<InterfaceStats> parseNetDev(std::string_view text);

struct LoadAverage {
    double minutes_1 = 0;
    double minutes_5 = 0;
    double minutes_15 = 0;
    std::optional<uint64_t> threads;
};
std::optional<LoadAverage> parseLoadAverage(std::string_view text);

// One line of a file in /proc/pressure: the share of time that some or all tasks stood still.
struct PressureLine {
    std::string kind;  // "some" or "full"
    double percent_10s = 0;
    uint64_t total_us = 0;
};
std::vector<PressureLine> parsePressure(std::string_view text);

std::optional<double> parseUptime(std::string_view text);

struct Mount {
    std::string source;
    std::string path;
    std::string type;
};
// Mounts that keep data on a local disk or in memory, each source once. Others are left out: what
// is far away may not answer, and what is no store has no size.
std::vector<Mount> parseMounts(std::string_view text);

}  // namespace evd::collector
