#pragma once

#include "collector/kmesd/kmes_server.h"
#include "collector/kmesd/peer.h"
#include "collector/kmesd/ring_parking_service.h"
#include "collector/kmesd/ring_recovery.h"
#include "collector/kmesd/ring_set.h"
#include "common/base/clock.h"
#include "common/ipc/program_service.h"

#include <memory>
#include <string>
#include <vector>

namespace evd::collector {

// kmesd as its supervisor sees it: the user-space KMES of a Linux machine.
//
// Takes the listening socket ("kmes-listen"), connections of the group itself ("kmes-peer.<name>",
// and "kmes-emitter.<name>" of those who may emit and nothing else)
// and the memories that a predecessor parked ("ring...", Ruling K6) by takeFd; start() confines,
// recovers or makes the rings, parks what is new and only then serves. Lives on the event loop; the
// server has its own thread, and RingParking between the two. drain() answers emitters with EAGAIN
// from then on and leaves consumers attached. Whatever fails before serving rejects start() and
// ends the process.
class KmesdService final : public ipc::Program {
  public:
    KmesdService();
    ~KmesdService() noexcept override;

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    void confineAndAdopt(const ipc::StartParams& params);
    void serve(const ipc::StartParams& params, kj::UnixEventPort& port);

    base::SystemClock clock_;
    ipc::SupervisorLink* supervisor_ = nullptr;  // from start() to the end of the process
    std::vector<ParkedMemory> early_fds_;        // what came before start()
    base::Fd proc_;
    std::unique_ptr<RingRecovery> recovery_;
    std::unique_ptr<RingSet> rings_;
    std::unique_ptr<ProcPeerResolver> resolver_;
    std::unique_ptr<RingParking> parking_;
    std::unique_ptr<KmesServer> server_;  // last: its thread uses all of the above
};

}  // namespace evd::collector
