#pragma once

#include "collector/ingest/door_thread.h"
#include "collector/ingest/record_sink_service.h"
#include "common/base/clock.h"
#include "common/ipc/loop_wakeup.h"
#include "common/ipc/program_service.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace evd::collector {

// Logs and metrics may be lost (Spec §4.1, §6.1): a stop does not wait longer for the store.
inline constexpr kj::Duration kDrainPatience = 3 * kj::SECONDS;
// With a successor nobody waits for our end, and records are worth more than time.
inline constexpr kj::Duration kReplacedPatience = 25 * kj::SECONDS;

// eventd-ingest as its supervisor sees it: takes in what strangers send as datagrams, and passes
// good records on to the store.
//
// Takes by takeFd, before start, the sockets "log" and "metric" and, where they are wanted,
// "syslog" and "statsd"; and "store" (RecordIngest in capnp/ingest.capnp), again when the store was
// restarted. start() confines, and makes a thread per socket; it does not wait for the store, as
// nothing here ever does. drain() reads what is in the sockets, and resolves when the store has
// answered all of it or kDrainPatience is over. Who may send under which name comes with the
// settings, and may change with them. Lives on the event loop; owns the threads.
class IngestService final : public ipc::Program {
  public:
    IngestService();
    ~IngestService() noexcept(false) override;

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    void announceSuccessor() override { drain_patience_ = kReplacedPatience; }
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    // What needs the event loop, and so comes into being in start().
    struct LoopParts;

    void startDoor(const std::string& name, std::unique_ptr<DatagramSocket> socket,
                   const ipc::StartParams& params);
    void onWake();
    void endDrain();

    base::SystemClock clock_;
    std::map<std::string, base::Fd> early_fds_;  // until start()
    kj::Duration drain_patience_ = kDrainPatience;
    access::LivePolicy policy_;
    std::unique_ptr<LoopParts> loop_;
    std::vector<std::unique_ptr<DoorThread>> threads_;
};

}  // namespace evd::collector
