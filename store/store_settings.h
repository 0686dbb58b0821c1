#pragma once

#include "common/config/settings.h"
#include "store/batch_policy.h"
#include "store/policy_thread.h"
#include "store/retention_plan.h"
#include "store/shard_set.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::store {

// The group's settings as the parts of the store want them. Pure, but for the paths: whether a path
// names a directory is looked up, so they are asked for once, before the jail closes (Ruling S7).

// The prefixes of MaxBatchSize, MaxBatchLatencyMs, RetentionDays and RetentionMaxBytes.
BatchPolicy::Limits eventBatchLimits(const config::Settings& settings);
BatchPolicy::Limits logBatchLimits(const config::Settings& settings);
BatchPolicy::Limits metricBatchLimits(const config::Settings& settings);

RetentionLimits eventRetention(const config::Settings& settings);
RetentionLimits logRetention(const config::Settings& settings);
RetentionLimits metricRetention(const config::Settings& settings);

int64_t checkpointBytes(const config::Settings& settings);
size_t seriesCacheEntries(const config::Settings& settings);
Shedding::Settings sheddingSettings(const config::Settings& settings);
PolicyThread::Settings policySettings(const config::Settings& settings);
EventStoreSettings eventStoreSettings(const config::Settings& settings);

struct StorePaths {
    std::string events;  // a folder
    std::string logs;    // files
    std::string metrics;

    // Every folder that holds one of them, once.
    std::vector<std::string> folders() const;
};
StorePaths storePaths(const config::Settings& settings);

}  // namespace evd::store
