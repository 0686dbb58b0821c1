#pragma once

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/ipc/loop_wakeup.h"
#include "store/log_database.h"
#include "store/metric_database.h"
#include "store/record_ingest_service.h"

#include <kj/async-unix.h>
#include <kj/async.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace evd::store {

// What StoreService is around a connection, without a jail and a supervisor.
class RecordIngestHostDouble final : public RecordIngestHost, public RecordStoreListener {
  public:
    RecordIngestHostDouble(const std::string& folder, const base::Clock& clock,
                           kj::UnixEventPort& port)
        : wakeup_(port, [this]() { onReports(); }) {
        RecordStoreListener& listener = *this;
        base::Guid boot;
        boot.bytes.fill(7);
        auto logs = RecordStore::open({folder + "/logs.db", {5'000, 500'000'000}, 4'000'000},
                                      std::make_unique<LogFormat>(boot), clock, listener);
        EVD_CHECK(logs.ok(), "a store of a test can be opened");
        logs_ = std::move(logs).value();
        auto metrics = RecordStore::open({folder + "/metrics.db", {5'000, 500'000'000}, 4'000'000},
                                         std::make_unique<MetricFormat>(state_), clock, listener);
        EVD_CHECK(metrics.ok(), "a store of a test can be opened");
        metrics_ = std::move(metrics).value();
    }
    ~RecordIngestHostDouble() noexcept override {
        logs_->stopWriter();
        metrics_->stopWriter();
    }
    RecordStore& logStore() override { return *logs_; }
    RecordStore& metricStore() override { return *metrics_; }
    kj::Promise<void> whenRecordsIdle() override {
        if (isIdle()) {
            if (in_between) {
                std::exchange(in_between, nullptr)();
            }
            return kj::READY_NOW;
        }
        auto pair = kj::newPromiseAndFulfiller<void>();
        waiting_.push_back(kj::mv(pair.fulfiller));
        return kj::mv(pair.promise);
    }
    void reportsWaiting() override { wakeup_.signal(); }
    void committed(const wire::CommitNotice&) override {}
    void storageFailed(std::string_view, const std::string&) override {}
    void diskFailed() override {}

    // Once, between the moment in which it is idle and whoever waits for that.
    std::function<void()> in_between;

  private:
    bool isIdle() const { return logs_->isIdle() && metrics_->isIdle(); }
    void onReports() {
        logs_->pump();
        metrics_->pump();
        if (isIdle()) {
            for (auto& fulfiller : std::exchange(waiting_, {})) {
                fulfiller->fulfill();
            }
        }
    }
    ipc::LoopWakeup wakeup_;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_;
    MetricState state_;
    std::unique_ptr<RecordStore> logs_;
    std::unique_ptr<RecordStore> metrics_;
};

}  // namespace evd::store
