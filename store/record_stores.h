#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/config/settings.h"
#include "store/event_store.h"
#include "store/metric_database.h"
#include "store/record_store.h"
#include "store/rollup_thread.h"
#include "store/store_settings.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace evd::store {

// The log store and the metric store together: opened, configured, measured and ended as one.
//
// On the event loop; owned by the service, and ended before retention's gates go: retention, which
// holds them, is stopped first (EventStore::stopRetention). Neither store waits for the other.
class RecordStores {
  public:
    // Opens or makes both; an error of either is an error (Spec §10.1).
    static base::Result<std::unique_ptr<RecordStores>> open(const config::Settings& settings,
                                                            const StorePaths& paths,
                                                            const base::Guid& boot_id,
                                                            const base::Clock& clock,
                                                            RecordStoreListener& listener);

    RecordStore& logs() { return *logs_; }
    RecordStore& metrics() { return *metrics_; }

    // Has retention look after both (Spec §5.3, §7.3).
    void joinRetention(EventStore& event_store, const config::Settings& settings);
    void configure(const config::Settings& settings, EventStore& event_store);

    // Builds rollups of these kinds from now on (Spec §7.4). Without a metric store that can be
    // written nothing happens.
    void wantRollups(RollupKindsView kinds);

    void pump();
    bool isIdle() const { return logs_->isIdle() && metrics_->isIdle(); }
    void refuseBatches();
    void stopWriters();
    void addMeasures(std::vector<wire::Measure>& measures) const;

  private:
    RecordStores() = default;

    MetricState metric_state_;
    size_t log_part_ = 0;  // of retention
    size_t metric_part_ = 0;
    std::unique_ptr<RecordStore> logs_;
    std::unique_ptr<RecordStore> metrics_;
    std::unique_ptr<RollupThread> rollups_;  // ends before the writer whose gate it uses
};

}  // namespace evd::store
