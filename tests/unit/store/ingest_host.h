#pragma once

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/ipc/loop_wakeup.h"
#include "store/ingest_service.h"

#include <kj/async-unix.h>
#include <kj/async.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace evd::store {

// What StoreService is around a connection, without a jail and a supervisor.
class IngestHostDouble final : public IngestHost, public EventStoreListener {
  public:
    IngestHostDouble(const std::string& folder, const base::Clock& clock, kj::UnixEventPort& port)
        : wakeup_(port, [this]() { onReports(); }) {
        base::Guid boot;
        boot.bytes.fill(7);
        auto opened = EventStore::open({folder, 1, {}, 4'000'000}, boot, clock, *this);
        EVD_CHECK(opened.ok(), "a store of a test can be opened");
        store_ = std::move(opened).value();
    }
    ~IngestHostDouble() noexcept override { store_->stopWriters(); }
    EventStore& eventStore() override { return *store_; }
    kj::Promise<void> whenIdle() override {
        if (store_->isIdle()) {
            if (in_between) {
                std::exchange(in_between, nullptr)();
            }
            return kj::READY_NOW;
        }
        auto pair = kj::newPromiseAndFulfiller<void>();
        waiting_.push_back(kj::mv(pair.fulfiller));
        return kj::mv(pair.promise);
    }
    uint32_t batchEventsMax() const override { return 10'000; }
    void reportsWaiting() override { wakeup_.signal(); }
    void committed(const wire::CommitNotice&) override {}

    // Once, between the moment in which it is idle and whoever waits for that.
    std::function<void()> in_between;

  private:
    void onReports() {
        store_->pump();
        if (store_->isIdle()) {
            for (auto& fulfiller : std::exchange(waiting_, {})) {
                fulfiller->fulfill();
            }
        }
    }
    ipc::LoopWakeup wakeup_;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting_;
    std::unique_ptr<EventStore> store_;
};

}  // namespace evd::store
