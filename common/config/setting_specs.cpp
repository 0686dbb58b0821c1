#include "common/config/settings.h"

#include "common/base/text.h"

#include <array>
#include <limits>

namespace evd::config {

namespace {

constexpr uint64_t kPathBytesMax = 4095;
constexpr uint64_t kSocketPathBytesMax = 107;  // sun_path without its NUL
constexpr uint64_t kQwordMax = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;

constexpr SettingSpec requiredPath(std::string_view name, uint64_t bytes_max,
                                   std::string_view meaning) {
    return {name, SettingType::Text, 1, bytes_max, "", true, Applies::AtRestart, meaning};
}

constexpr SettingSpec live(std::string_view name, uint64_t min, uint64_t max,
                           std::string_view default_text, std::string_view meaning) {
    return {name, SettingType::Dword, min, max, default_text, false, Applies::Live, meaning};
}

constexpr SettingSpec liveQword(std::string_view name, uint64_t min, uint64_t max,
                                std::string_view default_text, std::string_view meaning) {
    return {name, SettingType::Qword, min, max, default_text, false, Applies::Live, meaning};
}

constexpr SettingSpec atRestart(std::string_view name, SettingType type, uint64_t min, uint64_t max,
                                std::string_view default_text, std::string_view meaning) {
    return {name, type, min, max, default_text, false, Applies::AtRestart, meaning};
}

// Spec §12 in its order, then contracts §3. For text and lists the range is one of bytes and items.
constexpr auto kSpecs = std::to_array<SettingSpec>({
    requiredPath("EventStorePath", kPathBytesMax, "Folder of the event shard databases."),
    requiredPath("LogStorePath", kPathBytesMax, "File of the log store."),
    requiredPath("MetricStorePath", kPathBytesMax, "File of the metric store."),
    requiredPath("QuerySocketPath", kSocketPathBytesMax, "Socket that answers queries."),
    requiredPath("LogSocketPath", kSocketPathBytesMax, "Socket that takes log records."),
    requiredPath("MetricSocketPath", kSocketPathBytesMax, "Socket that takes metric samples."),

    atRestart("StorageShards", SettingType::Dword, 0, 256, "0",
              "Number of event shard databases; 0 makes one for each cpu."),
    live("MaxBatchSize", 100, 100'000, "10000", "Most events in one transaction of a shard."),
    live("MaxBatchLatencyMs", 10, 5'000, "100",
         "Longest an event waits for its transaction, in milliseconds."),

    live("LogMaxBatchSize", 100, 100'000, "5000", "Most log records in one transaction."),
    live("LogMaxBatchLatencyMs", 10, 5'000, "500",
         "Longest a log record waits for its transaction, in milliseconds."),

    live("MetricMaxBatchSize", 100, 100'000, "5000", "Most metric samples in one transaction."),
    live("MetricMaxBatchLatencyMs", 10, 5'000, "1000",
         "Longest a metric sample waits for its transaction, in milliseconds."),

    live("AdaptiveIndexWindowHours", 1, 168, "24",
         "How far back queries are counted when indexes are chosen, in hours."),
    live("AdaptiveIndexPolicyIntervalMinutes", 60, 1'440, "60",
         "How often the wanted indexes are chosen anew, in minutes."),
    live("AdaptiveIndexCreateThreshold", 10, 10'000, "100",
         "Queries on a field that make an index worth creating."),
    live("AdaptiveIndexDropThreshold", 1, 1'000, "10",
         "Queries on a field below which its index is dropped; less than the create threshold."),

    live("SheddingWindowSeconds", 10, 300, "30",
         "Span over which full batches are counted before indexes are shed, in seconds."),
    live("SheddingBatchPercent", 50, 100, "75",
         "Share of nearly full batches in that span that starts the shedding."),
    live("EmergencySheddingBufferPercent", 50, 95, "75",
         "Fill of a ring that sheds every index at once."),

    live("AdaptiveRollupWindowHours", 1, 168, "48",
         "How far back queries are counted when rollups are chosen, in hours."),
    live("AdaptiveRollupCreateThreshold", 10, 10'000, "50",
         "Queries that make a rollup worth computing."),
    live("AdaptiveRollupDropThreshold", 1, 1'000, "5",
         "Queries below which a rollup is dropped; less than the create threshold."),

    live("MetricSeriesCacheSize", 1'000, 1'000'000, "50000",
         "Most metric series whose numbers are held in memory."),

    live("EventRetentionDays", 1, 3'650, "30", "Age at which events are deleted, in days."),
    liveQword("EventRetentionMaxBytes", 0, kQwordMax, "0",
              "Most bytes of all event shards together; 0 is no limit."),
    live("LogRetentionDays", 1, 3'650, "14", "Age at which log records are deleted, in days."),
    liveQword("LogRetentionMaxBytes", 0, kQwordMax, "0",
              "Most bytes of the log store; 0 is no limit."),
    live("MetricRetentionDays", 1, 3'650, "90", "Age at which samples are deleted, in days."),
    liveQword("MetricRetentionMaxBytes", 0, kQwordMax, "0",
              "Most bytes of the metric store; 0 is no limit."),
    live("RetentionCheckIntervalMinutes", 1, 1'440, "60",
         "How often old records are looked for, in minutes."),

    live("QueryTimeoutMs", 1'000, 300'000, "30000", "Longest a query may run, in milliseconds."),
    live("MaxConcurrentQueries", 1, 4'096, "128", "Most queries that run at the same time."),
    live("MaxStreamingQueries", 1, 1'024, "64", "Most of them that may be streaming."),
    live("MaxQueryMessageBytes", 1'024, 16'777'216, "65536",
         "Greatest message that a client may send, in bytes."),

    live("CrossTypeWindowMs", 1'000, 300'000, "15000",
         "Width of the time window in which a cross-type condition looks, in milliseconds."),
    live("CrossTypeMaxLookbackSeconds", 3'600, 2'592'000, "604800",
         "Longest range that a cross-type condition may scan, in seconds."),

    atRestart("RpcSocketPath", SettingType::Text, 1, kSocketPathBytesMax,
              "rpc.sock beside QuerySocketPath", "Socket of the Cap'n Proto query interface."),
    live("MaxQueriesPerUser", 1, 4'096, "32",
         "Most queries that one user runs at the same time; SYSTEM is exempt."),
    liveQword("MaxQueryMemoryBytes", 16 * kMiB, 64 * kGiB, "268435456",
              "Most bytes of rows, groups and merge state that all queries hold together."),
    live("MetricStalenessMs", 1'000, 3'600'000, "300000",
         "How long a sample stands for its series when series are combined, in milliseconds."),
    live("WalCheckpointPages", 100, 100'000, "1000",
         "Size of a write-ahead log that starts a checkpoint, in units of 4 KiB."),

    atRestart("Linux\\KmesBackend", SettingType::Text, 1, 16, "auto",
              "Where events come from: kernel, builtin (kmesd), socket, or auto, which takes the "
              "kernel's if it answers and the built-in ones otherwise."),
    atRestart("Linux\\KmesSocketPath", SettingType::Text, 1, kSocketPathBytesMax, "",
              "Socket of the KMES stand-in; without it kmes.sock beside QuerySocketPath."),
    atRestart("Linux\\KmesCpus", SettingType::Dword, 1, 1'024, "cpus present",
              "Number of rings that kmesd makes."),
    atRestart("Linux\\Sensors", SettingType::TextList, 0, 16, "process, kernel-log, host-metrics",
              "Which built-in sensors run."),
    live("Linux\\HostMetricsIntervalSeconds", 1, 3'600, "15",
         "How often the host-metrics sensor measures, in seconds."),
    atRestart("Linux\\SyslogSocketPath", SettingType::Text, 1, kSocketPathBytesMax, "",
              "Datagram socket that takes syslog messages (RFC 3164 and 5424) as log records; "
              "without it there is none."),
    atRestart("Linux\\StatsdSocketPath", SettingType::Text, 1, kSocketPathBytesMax, "",
              "Datagram socket that takes StatsD lines as metric samples; without it there is "
              "none."),
    atRestart("Linux\\AdminGroups", SettingType::TextList, 0, 64, "root, sudo, wheel, adm",
              "Unix groups whose members carry the Administrators SID."),
    atRestart("Linux\\EmitGroups", SettingType::TextList, 0, 64, "root, eventd-emit",
              "Unix groups whose members may emit events through kmesd."),
    atRestart("Linux\\Users", SettingType::TextList, 0, 16,
              "store=eventd, queryd=eventd-query, ingest=eventd-ingest, kmesd=eventd-kmes, "
              "collector=eventd-collector, sensor=eventd-sensor",
              "The user of each program when eventd is started by root: a name, or uid:gid. Where "
              "one is missing, and with an empty list, all run as root."),
    atRestart("Linux\\BootId", SettingType::Text, 1, 38, "",
              "Boot id to use instead of the kernel's, for tests."),
});

}  // namespace

std::span<const SettingSpec> settingSpecs() {
    return kSpecs;
}

const SettingSpec* findSettingSpec(std::string_view name) {
    for (const auto& spec : kSpecs) {
        if (base::equalsFolded(spec.name, name)) {
            return &spec;
        }
    }
    return nullptr;
}

}  // namespace evd::config
