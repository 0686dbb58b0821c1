#pragma once

#include "collector/ring/batch_window.h"
#include "collector/ring/bell.h"
#include "collector/ring/drain_thread.h"
#include "collector/ring/ring_source.h"
#include "collector/ring/store_sink_service.h"
#include "common/ipc/program_service.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evd::collector {

// More rings than any kmesd makes (contracts §3, Linux\KmesCpus); a kernel has as many as it has
// cpus.
inline constexpr uint32_t kRingsReadMax = 1024;

// eventd-collector as its supervisor sees it: drains every ring into the store.
//
// Takes the edges "kmes" (a SOCK_SEQPACKET connection, contracts §4; none when the kernel has KMES)
// and "store" (capnp/ingest.capnp) by takeFd, before start and again when a peer was restarted.
// start() confines, attaches every ring, says hello, and makes a drain thread per cpu; it resolves
// when events flow. drain() reads what is in the rings at that moment and resolves when the store
// has answered all of it. Lives on the event loop; owns the drain threads. KMES that is not ready
// is waited for during kAttachPatienceMs, a store that is being restarted for as long as it takes.
class CollectorService final : public ipc::Program {
  public:
    CollectorService();
    ~CollectorService() noexcept(false) override;

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    // What needs the event loop, and so comes into being in start().
    struct LoopParts;

    base::Result<std::unique_ptr<RingSource>> chooseSource(const std::string& backend);
    kj::Promise<void> attachRings(kj::Timer& timer, int64_t patience_ms);
    void makeLoopParts(kj::AsyncIoContext& io);
    void connectStore(base::Fd stream);
    void startThreads(const StoreHello& hello);
    kj::Promise<void> listenToBell();
    void checkDrained();
    uint16_t cpuCount() const { return static_cast<uint16_t>(windows_.size()); }

    base::SystemClock clock_;
    uint32_t cpus_possible_;
    uint32_t rings_max_ = 0;
    base::Fd kmes_fd_;   // until start() makes a source of it
    base::Fd store_fd_;  // until start() connects to it
    std::unique_ptr<RingSource> source_;
    std::unique_ptr<Bell> bell_;
    std::vector<FoundRing> found_;  // until their threads begin
    std::vector<std::unique_ptr<BatchWindow>> windows_;
    std::unique_ptr<LoopParts> loop_;
    std::vector<std::unique_ptr<DrainThread>> threads_;
};

}  // namespace evd::collector
