#pragma once

#include "common/base/result.h"
#include "common/wire/metric_sample.h"
#include "queryd/evctl/session_context.h"

#include <string>
#include <utility>
#include <vector>

namespace evd::evctl {

// The buckets into which a list of observations is sorted: what a service's answer takes, in
// seconds.
inline constexpr double kDefaultBoundaries[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,    2.5,   5,    10};

// One metric record as the person wrote it.
struct TypedMetric {
    std::string name;
    wire::MetricType type = wire::MetricType::Gauge;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    wire::Histogram histogram;
};

// Reads NAME, VALUE, --type and --label, and refuses, with the reason, what the group would drop in
// silence (Spec §6.2, Ruling L2). VALUE of a histogram is either its JSON - {"boundaries": [...],
// "counts": [...], "total_count": n, "sum": x} - or observations with commas between, which are
// sorted into kDefaultBoundaries. Pure.
base::Result<TypedMetric> readMetric(const Arguments& arguments);

// `evctl metric NAME VALUE [--type counter|gauge|histogram] [--label K=V]...`
base::Result<void> runMetric(const SessionContext& context);

}  // namespace evd::evctl
