#include "store/store_settings.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/store_files.h"

#include <algorithm>

namespace evd::store {

namespace {

BatchPolicy::Limits batchLimits(const config::Settings& settings, std::string_view prefix) {
    return {settings.number(base::cat(prefix, "MaxBatchSize")),
            static_cast<int64_t>(settings.number(base::cat(prefix, "MaxBatchLatencyMs"))) *
                base::kNsPerMs};
}

RetentionLimits retentionLimits(const config::Settings& settings, std::string_view prefix) {
    constexpr int64_t kNsPerMinute = 60 * base::kNsPerSecond;
    return {static_cast<uint32_t>(settings.number(base::cat(prefix, "RetentionDays"))),
            settings.number(base::cat(prefix, "RetentionMaxBytes")),
            static_cast<int64_t>(settings.number("RetentionCheckIntervalMinutes")) * kNsPerMinute};
}

}  // namespace

BatchPolicy::Limits eventBatchLimits(const config::Settings& settings) {
    return batchLimits(settings, "");
}

BatchPolicy::Limits logBatchLimits(const config::Settings& settings) {
    return batchLimits(settings, "Log");
}

BatchPolicy::Limits metricBatchLimits(const config::Settings& settings) {
    return batchLimits(settings, "Metric");
}

RetentionLimits eventRetention(const config::Settings& settings) {
    return retentionLimits(settings, "Event");
}

RetentionLimits logRetention(const config::Settings& settings) {
    return retentionLimits(settings, "Log");
}

RetentionLimits metricRetention(const config::Settings& settings) {
    return retentionLimits(settings, "Metric");
}

int64_t checkpointBytes(const config::Settings& settings) {
    return static_cast<int64_t>(settings.number("WalCheckpointPages")) *
           CheckpointPolicy::kPageBytes;
}

size_t seriesCacheEntries(const config::Settings& settings) {
    return settings.number("MetricSeriesCacheSize");
}

Shedding::Settings sheddingSettings(const config::Settings& settings) {
    return {static_cast<int64_t>(settings.number("SheddingWindowSeconds")) * base::kNsPerSecond,
            static_cast<uint32_t>(settings.number("SheddingBatchPercent")),
            static_cast<uint32_t>(settings.number("EmergencySheddingBufferPercent"))};
}

PolicyThread::Settings policySettings(const config::Settings& settings) {
    constexpr int64_t kMinuteNs = 60 * base::kNsPerSecond;
    const auto number = [&](std::string_view name) {
        return static_cast<int64_t>(settings.number(name));
    };
    return {{number("AdaptiveIndexWindowHours") * 60 * kMinuteNs,
             settings.number("AdaptiveIndexCreateThreshold"),
             settings.number("AdaptiveIndexDropThreshold")},
            {number("AdaptiveRollupWindowHours") * 60 * kMinuteNs,
             settings.number("AdaptiveRollupCreateThreshold"),
             settings.number("AdaptiveRollupDropThreshold")},
            number("AdaptiveIndexPolicyIntervalMinutes") * kMinuteNs};
}

EventStoreSettings eventStoreSettings(const config::Settings& settings) {
    return {
        settings.text("EventStorePath"), static_cast<uint16_t>(settings.number("StorageShards")),
        eventBatchLimits(settings),      checkpointBytes(settings),
        eventRetention(settings),        sheddingSettings(settings)};
}

std::vector<std::string> StorePaths::folders() const {
    std::vector<std::string> all = {events, db::folderOf(logs), db::folderOf(metrics)};
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

StorePaths storePaths(const config::Settings& settings) {
    return {settings.text("EventStorePath"),
            db::singleStorePath(settings.text("LogStorePath"), db::kLogFileName),
            db::singleStorePath(settings.text("MetricStorePath"), db::kMetricFileName)};
}

}  // namespace evd::store
