#include "store/record_stores.h"

#include "store/log_database.h"
#include "store/metric_retention.h"
#include "store/row_retention.h"

namespace evd::store {

base::Result<std::unique_ptr<RecordStores>> RecordStores::open(const config::Settings& settings,
                                                               const StorePaths& paths,
                                                               const base::Guid& boot_id,
                                                               const base::Clock& clock,
                                                               RecordStoreListener& listener) {
    std::unique_ptr<RecordStores> stores(new RecordStores());
    stores->metric_state_.cache_entries_max = seriesCacheEntries(settings);
    auto logs = RecordStore::open({paths.logs, logBatchLimits(settings), checkpointBytes(settings)},
                                  std::make_unique<LogFormat>(boot_id), clock, listener);
    if (!logs) {
        return logs.error();
    }
    stores->logs_ = std::move(logs).value();
    auto metrics =
        RecordStore::open({paths.metrics, metricBatchLimits(settings), checkpointBytes(settings)},
                          std::make_unique<MetricFormat>(stores->metric_state_), clock, listener);
    if (!metrics) {
        return metrics.error();
    }
    stores->metrics_ = std::move(metrics).value();
    // What is older than this start may have rollups from before it.
    stores->metric_state_.rollups.willBuildUntil(clock.wallNs());
    if (ShardGate* gate = stores->metrics_->gate()) {
        stores->rollups_ = std::make_unique<RollupThread>(paths.metrics, *gate,
                                                          stores->metric_state_.rollups, clock);
    }
    return stores;
}

void RecordStores::joinRetention(EventStore& event_store, const config::Settings& settings) {
    log_part_ = event_store.addRetention(
        {std::make_unique<LogRetention>(logs_->path(), logs_->gate()), logRetention(settings)});
    metric_part_ = event_store.addRetention(
        {std::make_unique<MetricRetention>(metrics_->path(), metrics_->gate(),
                                           metric_state_.removed_series),
         metricRetention(settings)});
}

void RecordStores::configure(const config::Settings& settings, EventStore& event_store) {
    logs_->configure(logBatchLimits(settings), checkpointBytes(settings));
    metrics_->configure(metricBatchLimits(settings), checkpointBytes(settings));
    metric_state_.cache_entries_max = seriesCacheEntries(settings);
    event_store.configureRetention(log_part_, logRetention(settings));
    event_store.configureRetention(metric_part_, metricRetention(settings));
}

void RecordStores::wantRollups(RollupKindsView kinds) {
    if (rollups_ != nullptr) {
        rollups_->want(std::move(kinds));
    }
}

void RecordStores::pump() {
    logs_->pump();
    metrics_->pump();
}

void RecordStores::refuseBatches() {
    logs_->refuseBatches();
    metrics_->refuseBatches();
}

void RecordStores::stopWriters() {
    if (rollups_ != nullptr) {
        rollups_->stop();
    }
    logs_->stopWriter();
    metrics_->stopWriter();
}

void RecordStores::addMeasures(std::vector<wire::Measure>& measures) const {
    logs_->addMeasures(measures);
    metrics_->addMeasures(measures);
    if (rollups_ != nullptr) {
        rollups_->addMeasures(measures);
    }
}

}  // namespace evd::store
