#include "queryd/exec/metric_question.h"

#include "queryd/exec/cross_ranges.h"
#include "queryd/exec/metric_answer.h"
#include "queryd/plan/metric_plan_printer.h"
#include "queryd/plan/metric_planner.h"

namespace evd::queryd {

std::string MetricQuestion::planText() const {
    return printMetricPlan(plan_);
}

base::Result<std::unique_ptr<PreparedQuery>> prepareMetric(const Query& query, int64_t now_ns) {
    auto plan = planMetric(query, now_ns);
    if (!plan) {
        return plan.error();
    }
    return std::unique_ptr<PreparedQuery>(
        std::make_unique<MetricQuestion>(std::move(plan).value()));
}

base::Result<void> runMetric(const MetricQuestion& question, StoreReaders& readers,
                             const EngineConfig& config, StoreControl* store, Sights& sights,
                             const RunControl& control, RecordSink& sink) {
    MetricPlan asked = question.plan();
    asked.sight = sights.of(access::ObjectKind::Metrics);
    // Counted before it runs: a question that takes too long is the one that needs a rollup.
    const auto& rollup = asked.rollup;
    if (store != nullptr && rollup && asked.sight == nullptr) {
        store->rollupAsked(rollup->function, rollup->window_seconds);
    }
    const int64_t staleness_ns = metricStalenessNs(config);
    CrossReader reader(readers, config, sights);
    const auto plan = resolvePlan(reader, asked, staleness_ns, control);
    if (!plan) {
        return plan.error();
    }
    const auto databases = metricDatabases(config.metric_store_path);
    if (!databases) {
        return databases.error();
    }
    EVD_TRY(answerMetric(readers, plan.value(), databases.value(), staleness_ns, control, sink));
    return sink.initialComplete();
}

}  // namespace evd::queryd
