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

#include <kj/async-io.h>
#include <kj/async.h>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evd::store {

// eventd-store as the supervisor sees it: the only writer of the databases.
//
// Joins the EventStore to the event loop: collectors' calls come in through CollectorConnection,
// what writer threads report comes back through one wake-up per report, and each commit is told on
// the notice bus from the writer's own thread. start() confines the process to the event store
// directory before it opens a database or makes a thread. The index policy runs on its own thread
// and its decisions come back through the loop; queryd's ControlConnection feeds it. Shards are
// opened when the first collector says how many rings there are. A process whose loop has ended
// must not run destructors (see main).
class StoreService final : public ipc::Program, private IngestHost, private EventStoreListener {
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

    void reportsWaiting() override { wakeup_->signal(); }
    void committed(const wire::CommitNotice& notice) override;

    void onReports();
    void onDesiredIndexes();
    void startIndexPolicy(const config::Settings& settings);
    void connectCollector(base::Fd socket);
    void connectQueryd(base::Fd socket);

    const base::Clock& clock_;
    kj::AsyncIoContext* io_ = nullptr;  // of the loop, outlives this
    config::Settings settings_;         // in force, to tell what a change changed
    uint32_t batch_events_max_ = 0;
    std::unique_ptr<ipc::LoopWakeup> wakeup_;
    std::mutex publisher_mutex_;  // writer threads publish
    std::unique_ptr<bus::Publisher> publisher_;
    std::unique_ptr<EventStore> event_store_;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_for_idle_;
    base::Fd early_collector_;  // handed over before start
    base::Fd early_queryd_;
    bool is_drained_ = false;

    std::mutex desired_mutex_;  // the policy thread publishes
    DesiredIndexesView desired_indexes_;
    std::unique_ptr<ipc::LoopWakeup> desired_wakeup_;
    std::unique_ptr<PolicyThread> policy_;
    ControlFigures control_figures_;
    std::unique_ptr<ControlConnection> queryd_;
    std::unique_ptr<CollectorConnection> collector_;
};

}  // namespace evd::store
