#pragma once

#include "common/base/result.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_readers.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>
#include <memory>
#include <string>

namespace evd::queryd {

// A METRIC question that is ready to run. It never streams (Spec §8.7).
class MetricQuestion final : public PreparedQuery {
  public:
    explicit MetricQuestion(MetricPlan plan) : plan_(std::move(plan)) {}
    bool streaming() const override { return false; }
    std::string planText() const override;
    const MetricPlan& plan() const { return plan_; }

  private:
    MetricPlan plan_;
};

base::Result<std::unique_ptr<PreparedQuery>> prepareMetric(const Query& query, int64_t now_ns);

// Runs the question to its end and tells the store which rollup it would have used (Spec §7.4).
// One who may not see everything has no say in rollups.
base::Result<void> runMetric(const MetricQuestion& question, StoreReaders& readers,
                             const EngineConfig& config, StoreControl* store, Sights& sights,
                             const RunControl& control, RecordSink& sink);

}  // namespace evd::queryd
