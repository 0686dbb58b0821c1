#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/ipc/loop_calls.h"
#include "queryd/exec/store_control.h"
#include "queryd/field_reports.h"
#include "queryd/rollup_reports.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kFieldsPerReportMax = 256;  // capnp/store_control.capnp
inline constexpr size_t kRollupsPerReportMax = 256;
inline constexpr int64_t kReportIntervalMs = 1'000;

// queryd's end of the edge to the store (capnp/store_control.capnp).
//
// Made, connected and destroyed on the event loop; filtered(), rollupAsked(), index() and
// stableId() are for query threads. Reports go out once a second, one of a kind at a time; while
// there is no store, or it does not answer, they are dropped and counted, and nothing waits for
// them. An INDEX without a store is Busy. The supervisor hands over a new socket when the store was
// restarted; the clock outlives this, and no query thread may be inside when it is destroyed.
class StoreLink final : public StoreControl, private kj::TaskSet::ErrorHandler {
  public:
    StoreLink(const base::Clock& clock, kj::AsyncIoContext& io);
    ~StoreLink() noexcept override;

    void connect(base::Fd socket);
    void filtered(const std::vector<std::string>& fields) override { reports_.add(fields); }
    void rollupAsked(wire::RollupFunction function, uint32_t window_seconds) override {
        rollups_.add(function, window_seconds);
    }
    base::Result<void> index(const std::string& field, int64_t deadline_monotonic_ns,
                             const std::atomic<bool>* cancelled) override;
    base::Result<StableId> stableId(int64_t deadline_monotonic_ns,
                                    const std::atomic<bool>* cancelled) override;

    uint64_t droppedReports() const { return reports_.dropped() + rollups_.dropped(); }
    bool isConnected() const;

  private:
    struct Connection;
    template <typename T>
    struct Command;

    void taskFailed(kj::Exception&& exception) override;
    kj::Promise<void> reportForEver();
    void report();
    void reportRollups();
    template <typename T>
    base::Result<T> ask(std::function<void(const std::shared_ptr<Command<T>>&)> send,
                        int64_t deadline_monotonic_ns, const std::atomic<bool>* cancelled);

    const base::Clock& clock_;
    kj::LowLevelAsyncIoProvider& provider_;
    kj::Timer& timer_;
    FieldReports reports_;
    RollupReports rollups_;
    kj::Own<Connection> connection_;
    uint64_t connection_number_ = 0;
    bool is_reporting_ = false;
    bool is_reporting_rollups_ = false;
    ipc::LoopCalls calls_;
    kj::TaskSet tasks_;  // last: what runs here uses the rest
};

}  // namespace evd::queryd
