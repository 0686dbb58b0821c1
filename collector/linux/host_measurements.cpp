#include "collector/linux/host_measurements.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace evd::collector {

namespace {

using wire::MetricLabel;
using wire::MetricType;

constexpr double kPercent = 100;
constexpr double kMsPerSecond = 1'000;
constexpr double kUsPerSecond = 1'000'000;
constexpr double kSectorBytes = 512;
constexpr size_t kIdle = 3;
constexpr size_t kIowait = 4;

// What one group of records has in common: the time, and where they go.
class Reporter {
  public:
    Reporter(int64_t timestamp_ns, const MetricSink& sink)
        : timestamp_ns_(timestamp_ns), sink_(sink) {}

    void counter(std::string_view name, double value,
                 std::initializer_list<MetricLabel> labels = {}) const {
        report(name, MetricType::Counter, value, labels);
    }
    void gauge(std::string_view name, double value,
               std::initializer_list<MetricLabel> labels = {}) const {
        report(name, MetricType::Gauge, value, labels);
    }
    void counter(std::string_view name, const std::optional<uint64_t>& value) const {
        if (value) {
            counter(name, static_cast<double>(*value));
        }
    }
    void gauge(std::string_view name, const std::optional<uint64_t>& value) const {
        if (value) {
            gauge(name, static_cast<double>(*value));
        }
    }

  private:
    void report(std::string_view name, MetricType type, double value,
                std::initializer_list<MetricLabel> labels) const {
        sink_({name, {labels.begin(), labels.size()}, type, timestamp_ns_, value, nullptr});
    }

    int64_t timestamp_ns_;
    const MetricSink& sink_;
};

std::optional<uint64_t> find(const std::vector<NamedNumber>& numbers, std::string_view name) {
    const auto found = std::find_if(numbers.begin(), numbers.end(),
                                    [&](const NamedNumber& one) { return one.name == name; });
    return found == numbers.end() ? std::nullopt : std::optional(found->number);
}

double share(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : kPercent * static_cast<double>(part) / static_cast<double>(whole);
}

// The share of time since the look before in which a core worked. Nothing when the counters went
// backwards, which they do when a core is taken away and comes back.
std::optional<double> usage(const CoreTimes& now, const CoreTimes& before) {
    uint64_t all = 0;
    uint64_t idle = 0;
    for (size_t mode = 0; mode < kCpuModes; ++mode) {
        if (now.ticks[mode] < before.ticks[mode]) {
            return std::nullopt;
        }
        const uint64_t passed = now.ticks[mode] - before.ticks[mode];
        all += passed;
        idle += mode == kIdle || mode == kIowait ? passed : 0;
    }
    return all == 0 ? std::nullopt : std::optional(share(all - idle, all));
}

void reportCores(const Reporter& reporter, const HostSnapshot& now, const HostSnapshot* before) {
    for (const CoreTimes& core : now.stat.cores) {
        const std::string number = base::cat(core.core);
        for (size_t mode = 0; mode < kCpuModes; ++mode) {
            const double seconds = static_cast<double>(core.ticks[mode]) /
                                   static_cast<double>(std::max<uint64_t>(now.ticks_per_second, 1));
            reporter.counter("cpu.seconds.total", seconds,
                             {{"core", number}, {"mode", kCpuModeNames[mode]}});
        }
        if (before == nullptr) {
            continue;
        }
        for (const CoreTimes& earlier : before->stat.cores) {
            const auto busy = earlier.core == core.core ? usage(core, earlier) : std::nullopt;
            if (busy) {
                reporter.gauge("cpu.usage", *busy, {{"core", number}});
            }
        }
    }
}

void reportSystem(const Reporter& reporter, const HostSnapshot& now) {
    reporter.counter("system.context_switches.total", now.stat.context_switches);
    reporter.counter("system.interrupts.total", now.stat.interrupts);
    reporter.counter("process.forks.total", now.stat.forks);
    reporter.gauge("process.running", now.stat.running);
    reporter.gauge("process.blocked", now.stat.blocked);
    reporter.gauge("process.count", now.processes);
    if (now.uptime_seconds) {
        reporter.gauge("system.uptime.seconds", *now.uptime_seconds);
    }
    if (now.load) {
        reporter.gauge("process.threads", now.load->threads);
        reporter.gauge("load.average", now.load->minutes_1, {{"minutes", "1"}});
        reporter.gauge("load.average", now.load->minutes_5, {{"minutes", "5"}});
        reporter.gauge("load.average", now.load->minutes_15, {{"minutes", "15"}});
    }
}

struct KnownNumber {
    std::string_view key;
    std::string_view name;
};

constexpr auto kMemoryGauges = std::to_array<KnownNumber>({
    {"MemTotal", "memory.total.bytes"},
    {"MemFree", "memory.free.bytes"},
    {"MemAvailable", "memory.available.bytes"},
    {"Buffers", "memory.buffers.bytes"},
    {"Cached", "memory.cached.bytes"},
    {"Shmem", "memory.shared.bytes"},
    {"Slab", "memory.slab.bytes"},
    {"Dirty", "memory.dirty.bytes"},
    {"SwapTotal", "swap.total.bytes"},
    {"SwapFree", "swap.free.bytes"},
});

constexpr auto kVirtualMemoryCounters = std::to_array<KnownNumber>({
    {"pgfault", "memory.page_faults.total"},
    {"pgmajfault", "memory.major_faults.total"},
    {"oom_kill", "memory.oom_kills.total"},
    {"pswpin", "swap.in.pages.total"},
    {"pswpout", "swap.out.pages.total"},
});

void reportUsed(const Reporter& reporter, std::string_view kind,
                const std::optional<uint64_t>& total, const std::optional<uint64_t>& available) {
    if (total && available && *available <= *total) {
        const uint64_t used = *total - *available;
        reporter.gauge(base::cat(kind, ".used.bytes"), static_cast<double>(used));
        reporter.gauge(base::cat(kind, ".usage"), share(used, *total));
    }
}

void reportMemory(const Reporter& reporter, const HostSnapshot& now) {
    for (const KnownNumber& known : kMemoryGauges) {
        reporter.gauge(known.name, find(now.memory, known.key));
    }
    for (const KnownNumber& known : kVirtualMemoryCounters) {
        reporter.counter(known.name, find(now.virtual_memory, known.key));
    }
    reportUsed(reporter, "memory", find(now.memory, "MemTotal"), find(now.memory, "MemAvailable"));
    reportUsed(reporter, "swap", find(now.memory, "SwapTotal"), find(now.memory, "SwapFree"));
}

void reportDisks(const Reporter& reporter, const HostSnapshot& now) {
    for (const DiskStats& disk : now.disks) {
        const std::string device = labelText(disk.name);
        const auto count = [&](std::string_view name, uint64_t value, double unit) {
            reporter.counter(name, static_cast<double>(value) * unit, {{"device", device}});
        };
        count("disk.reads.total", disk.reads, 1);
        count("disk.read.bytes.total", disk.sectors_read, kSectorBytes);
        count("disk.read.seconds.total", disk.read_ms, 1 / kMsPerSecond);
        count("disk.writes.total", disk.writes, 1);
        count("disk.written.bytes.total", disk.sectors_written, kSectorBytes);
        count("disk.write.seconds.total", disk.write_ms, 1 / kMsPerSecond);
        count("disk.busy.seconds.total", disk.busy_ms, 1 / kMsPerSecond);
        reporter.gauge("disk.in_flight", static_cast<double>(disk.in_flight), {{"device", device}});
    }
}

void reportFileSystems(const Reporter& reporter, const HostSnapshot& now) {
    for (const FileSystemUse& use : now.file_systems) {
        const std::string mount = labelText(use.mount.path);
        const std::string device = labelText(use.mount.source);
        const auto tell = [&](std::string_view name, double value) {
            reporter.gauge(name, value, {{"mount", mount}, {"device", device}});
        };
        const uint64_t used = use.total_bytes - std::min(use.free_bytes, use.total_bytes);
        tell("filesystem.total.bytes", static_cast<double>(use.total_bytes));
        tell("filesystem.used.bytes", static_cast<double>(used));
        tell("filesystem.available.bytes", static_cast<double>(use.available_bytes));
        // As df shows it: of what everybody may use.
        tell("filesystem.usage", share(used, used + use.available_bytes));
        if (use.inodes > 0) {
            tell("filesystem.inodes", static_cast<double>(use.inodes));
            tell("filesystem.inodes.free", static_cast<double>(use.inodes_free));
        }
    }
}

void reportTraffic(const Reporter& reporter, std::string_view direction,
                   const std::string& interface, const TrafficCounters& traffic) {
    const auto count = [&](std::string_view what, uint64_t value) {
        reporter.counter(base::cat("network.", direction, ".", what, ".total"),
                         static_cast<double>(value), {{"interface", interface}});
    };
    count("bytes", traffic.bytes);
    count("packets", traffic.packets);
    count("errors", traffic.errors);
    count("dropped", traffic.dropped);
}

void reportPressure(const Reporter& reporter, const HostSnapshot& now) {
    for (const HostPressure& pressure : now.pressure) {
        for (const PressureLine& line : pressure.lines) {
            reporter.counter("pressure.stalled.seconds.total",
                             static_cast<double>(line.total_us) / kUsPerSecond,
                             {{"resource", pressure.resource}, {"tasks", line.kind}});
            reporter.gauge("pressure.stalled", line.percent_10s,
                           {{"resource", pressure.resource}, {"tasks", line.kind}});
        }
    }
}

}  // namespace

void reportHost(const HostSnapshot& now, const HostSnapshot* before, const MetricSink& sink) {
    const Reporter reporter(now.timestamp_ns, sink);
    reportCores(reporter, now, before);
    reportSystem(reporter, now);
    reportMemory(reporter, now);
    reportDisks(reporter, now);
    reportFileSystems(reporter, now);
    for (const InterfaceStats& interface : now.interfaces) {
        const std::string name = labelText(interface.name);
        if (!name.empty()) {
            reportTraffic(reporter, "received", name, interface.received);
            reportTraffic(reporter, "sent", name, interface.sent);
        }
    }
    reportPressure(reporter, now);
}

std::string labelText(std::string_view name) {
    std::string text = base::toUtf8(name);
    text.resize(base::wholeCharacters(text, kHostLabelBytesMax));
    std::replace(text.begin(), text.end(), '=', '_');
    std::replace(text.begin(), text.end(), ',', '_');
    return text;
}

}  // namespace evd::collector
