#include "queryd/exec/cross_ranges.h"

#include "common/base/clock.h"
#include "queryd/exec/cross_existence.h"
#include "queryd/exec/cross_metric.h"

namespace evd::queryd {

namespace {

int64_t valueOr(const std::atomic<int64_t>* setting, int64_t otherwise) {
    return setting != nullptr ? setting->load() : otherwise;
}

}  // namespace

int64_t metricStalenessNs(const EngineConfig& config) {
    return valueOr(config.metric_staleness_ms, kMetricStalenessDefaultMs) * base::kNsPerMs;
}

int64_t crossWindowMs(const EngineConfig& config) {
    return valueOr(config.cross_window_ms, kCrossWindowDefaultMs);
}

int64_t crossLookbackSeconds(const EngineConfig& config) {
    return valueOr(config.cross_lookback_seconds, kCrossLookbackDefaultSeconds);
}

base::Result<CrossRanges> CrossReader::read(std::span<const CrossCondition> conditions,
                                            const TimeRange& range, const RunControl& control) {
    CrossRanges all;
    size_t count = 0;
    for (const CrossCondition& condition : conditions) {
        auto one = range.since_ns < range.until_ns ? readOne(condition, range, control)
                                                   : base::Result<TimeRanges>(TimeRanges());
        if (!one) {
            return one.error();
        }
        count += one.value().count();
        if (count > kCrossRangesMax) {
            return tooManyRanges();
        }
        all.push_back(std::make_shared<const TimeRanges>(std::move(one).value()));
    }
    return all;
}

base::Result<TimeRanges> CrossReader::readOne(const CrossCondition& condition,
                                              const TimeRange& range, const RunControl& control) {
    if (condition.kind != CrossCondition::Kind::Metric) {
        const int64_t half_ns = crossWindowMs(config_) * (base::kNsPerMs / 2);
        const auto kind = condition.kind == CrossCondition::Kind::Log ? access::ObjectKind::Logs
                                                                      : access::ObjectKind::Events;
        return readExistence(readers_, condition, sights_.of(kind), range, half_ns, control);
    }
    const CrossMetricLimits limits{crossLookbackSeconds(config_) * base::kNsPerSecond,
                                   metricStalenessNs(config_)};
    return readMetricRanges(readers_, config_.metric_store_path, condition,
                            sights_.of(access::ObjectKind::Metrics), range, limits, control);
}

base::Result<RecordPlan> resolvePlan(CrossReader& reader, const RecordPlan& plan,
                                     const RunControl& control) {
    if (plan.cross.empty()) {
        return plan;
    }
    auto ranges = reader.read(plan.cross, plan.time, control);
    return ranges ? base::Result<RecordPlan>(resolveCross(plan, ranges.value(), plan.time))
                  : ranges.error();
}

// Samples from before SINCE stand for their series (Ruling M2) and begin pairs (M4). With
// conditions on other stores they may be no older than what goes stale, so that these need not look
// farther.
base::Result<MetricPlan> resolvePlan(CrossReader& reader, const MetricPlan& plan,
                                     int64_t staleness_ns, const RunControl& control) {
    if (plan.cross.empty()) {
        return plan;
    }
    const TimeRange known = {earlierBy(plan.time.since_ns, staleness_ns), plan.time.until_ns};
    auto ranges = reader.read(plan.cross, known, control);
    return ranges ? base::Result<MetricPlan>(resolveCross(plan, ranges.value(), known))
                  : ranges.error();
}

}  // namespace evd::queryd
