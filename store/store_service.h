#pragma once

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/config/settings.h"
#include "common/ipc/loop_wakeup.h"
#include "common/ipc/program_service.h"
#include "store/control_service.h"
#include "store/event_store.h"
#include "store/ingest_service.h"
#include "store/policy_thread.h"
#include "store/record_ingest_service.h"
#include "store/record_stores.h"
#include "store/store_settings.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// eventd-store as the supervisor sees it: the only writer of the databases.
//
// Joins the EventStore and the RecordStores to the event loop: collectors' calls come in through
// CollectorConnection, eventd-ingest's through RecordIngestConnection, what writer threads report
// comes back through wake-ups, and each commit is told on the notice bus from the
// writer's own thread. start() confines the process to the folders of the stores before it opens a
// database or makes a thread. The index policy runs on its own thread and its decisions come back
// through the loop; queryd's ControlConnection feeds it. Shards are opened when the first collector
// says how many rings there are. Every kHealthIntervalNs the group's own health goes into the
// metric store, which is asked for at the supervisor. A process whose loop has ended must not run
// destructors (see main).
class StoreService final : public ipc::Program,
                           private IngestHost,
                           private RecordIngestHost,
                           private EventStoreListener,
                           private RecordStoreListener {
  public:
    explicit StoreService(const base::Clock& clock) : clock_(clock) {}
    ~StoreService() noexcept override;

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    EventStore& eventStore() override { return *event_store_; }
    kj::Promise<void> whenIdle() override;
    uint32_t batchEventsMax() const override { return batch_events_max_; }
    RecordStore& logStore() override { return record_stores_->logs(); }
    RecordStore& metricStore() override { return record_stores_->metrics(); }
    kj::Promise<void> whenRecordsIdle() override;

    void reportsWaiting() override { wakeup_->signal(); }
    void committed(const wire::CommitNotice& notice) override;
    void storageFailed(std::string_view store, const std::string& text) override;
    void diskFailed() override { event_store_->wakeRetention(); }

    using Waiting = std::vector<kj::Own<kj::PromiseFulfiller<void>>>;
    static kj::Promise<void> waitIn(Waiting& waiting);

    void openStores(const EventStoreSettings& settings, const StorePaths& paths,
                    const base::Guid& boot_id);
    void onReports();
    void onDesired();
    void startIndexPolicy(const config::Settings& settings);
    kj::Promise<void> reportHealth(int64_t after_ns);
    void storeHealth(const std::vector<wire::ProcessStatus>& processes);
    void connectCollector(base::Fd socket);
    void connectQueryd(base::Fd socket);
    void connectIngest(base::Fd socket);

    const base::Clock& clock_;
    kj::AsyncIoContext* io_ = nullptr;           // of the loop, outlives this
    ipc::SupervisorLink* supervisor_ = nullptr;  // the same
    config::Settings settings_;                  // in force, to tell what a change changed
    uint32_t batch_events_max_ = 0;
    std::unique_ptr<ipc::LoopWakeup> wakeup_;
    std::mutex publisher_mutex_;  // writer threads publish
    std::unique_ptr<bus::Publisher> publisher_;
    std::unique_ptr<RecordStores> record_stores_;
    std::unique_ptr<EventStore> event_store_;  // behind it: retention is in here
    Waiting waiting_for_idle_;                 // of the event store
    Waiting waiting_for_records_;
    base::Fd early_collector_;  // handed over before start
    base::Fd early_queryd_;
    base::Fd early_ingest_;
    bool is_drained_ = false;

    std::mutex desired_mutex_;  // the policy thread publishes
    DesiredIndexesView desired_indexes_;
    RollupKindsView desired_rollups_;
    std::unique_ptr<ipc::LoopWakeup> desired_wakeup_;
    std::unique_ptr<PolicyThread> policy_;
    ControlFigures control_figures_;
    std::unique_ptr<ControlConnection> queryd_;
    std::unique_ptr<CollectorConnection> collector_;
    std::unique_ptr<RecordIngestConnection> ingest_;
    kj::Promise<void> health_ = nullptr;  // last: its task uses all of the above
};

}  // namespace evd::store
