#pragma once

#include "common/base/result.h"
#include "queryd/exec/cross_plan.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_readers.h"

#include <span>

namespace evd::queryd {

// Answers what a question asks of other stores (Spec §8.5), as ranges of time.
//
// Before the records are read, for the question's whole range; and for the live part of a streaming
// question once per batch, for the one moment of its latest record (Spec §8.7), by the same rules,
// so that a condition means the same in both. Settings are taken as they are at that time. Readers,
// config and sights outlive it; one thread at a time, which waits while the pool reads. What is
// held when read() returns is bounded by kCrossRangesMax for all conditions together. What the
// caller may not see is not there for any condition (Spec §9.2): the sights are asked anew for each
// read(). Errors are sentences for the person who asked.
class CrossReader {
  public:
    CrossReader(StoreReaders& readers, const EngineConfig& config, Sights& sights)
        : readers_(readers), config_(config), sights_(sights) {}

    // Nothing is read for an empty range.
    base::Result<CrossRanges> read(std::span<const CrossCondition> conditions,
                                   const TimeRange& range, const RunControl& control);

  private:
    base::Result<TimeRanges> readOne(const CrossCondition& condition, const TimeRange& range,
                                     const RunControl& control);

    StoreReaders& readers_;
    const EngineConfig& config_;
    Sights& sights_;
};

// The settings as they are now, or their defaults.
int64_t metricStalenessNs(const EngineConfig& config);
int64_t crossWindowMs(const EngineConfig& config);
int64_t crossLookbackSeconds(const EngineConfig& config);

// The plan with its conditions on other stores answered.
base::Result<RecordPlan> resolvePlan(CrossReader& reader, const RecordPlan& plan,
                                     const RunControl& control);
base::Result<MetricPlan> resolvePlan(CrossReader& reader, const MetricPlan& plan,
                                     int64_t staleness_ns, const RunControl& control);

}  // namespace evd::queryd
