#pragma once

#include "common/wire/metric_sample.h"
#include "common/wire/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// One figure of the group as a metric sample; owns its text.
struct HealthSample {
    std::string name;
    std::string labels;  // canonical
    wire::MetricType type = wire::MetricType::Gauge;
    double value = 0;
    wire::Histogram histogram = {};  // of a histogram, which has no value
};

// The group's own health as metrics (docs/metrics-eventd.md).
//
// Every process tells its supervisor figures with each heartbeat, under names that `evctl status`
// shows. What of these is worth a time series is chosen here, in one table: a figure not in it is
// for status alone, so that a new figure of some process does not become a new series by accident.
// Values of figures that restart with their process are counters, whose resets queries know how to
// read. Pure.
std::vector<HealthSample> healthSamples(const std::vector<wire::ProcessStatus>& processes);

// How long the commits of one store took, of one of its shards if it has any.
HealthSample commitSample(std::string_view store, std::optional<uint16_t> shard,
                          wire::Histogram seconds);

}  // namespace evd::store
