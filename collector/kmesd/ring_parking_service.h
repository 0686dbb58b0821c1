#pragma once

#include "collector/kmesd/kmes_server.h"
#include "collector/kmesd/ring_set.h"
#include "common/ipc/loop_wakeup.h"
#include "common/ipc/program_service.h"

#include <kj/async.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evd::collector {

// Resolve when the supervisor has all of them, or has let all of them go.
kj::Promise<void> parkAll(ipc::SupervisorLink& supervisor, std::vector<ParkedMemory> memories);
kj::Promise<void> unparkAll(ipc::SupervisorLink& supervisor, std::vector<std::string> prefixes);

// What the server needs of the event loop: memories are parked before rings are swapped, and let go
// of afterwards (Ruling K6).
//
// The server's thread leaves notes and goes on serving; they are worked off one after the other on
// the loop, which gives a resize back to the server when its memories are safe. Made, begun and
// stopped on the loop's thread, before the server and after its last connection; notes that come
// after stop() are dropped with the process. At most one resize is noted at a time: the server
// refuses others meanwhile. One whose memories the supervisor does not take is answered with EIO,
// and what it took of them is let go of.
class RingParking final : public ServerEvents {
  public:
    // Both outlive it.
    RingParking(ipc::SupervisorLink& supervisor, RingSet& rings)
        : supervisor_(supervisor), rings_(rings) {}
    ~RingParking() noexcept override;

    // Before the server's thread begins. The server outlives the work, up to stop().
    void begin(KmesServer& server, kj::UnixEventPort& port);
    // While the loop is there. A resize that is under way ends here; what it parked is blank.
    void stop();

    // ServerEvents, on the server's thread.
    void onResizeWanted(uint64_t capacity) override;
    void onUnneeded(std::vector<std::string> prefixes) override;

  private:
    void workOff();
    kj::Promise<void> workOffNotes();
    kj::Promise<void> letGo(std::vector<std::string> prefixes);
    kj::Promise<void> resize(uint64_t capacity);

    ipc::SupervisorLink& supervisor_;
    RingSet& rings_;
    KmesServer* server_ = nullptr;  // from begin() on

    std::mutex mutex_;  // the next three
    std::optional<uint64_t> wanted_capacity_;
    std::vector<std::string> unneeded_;
    std::unique_ptr<ipc::LoopWakeup> wakeup_;  // from begin() to stop()

    kj::Promise<void> work_ = kj::READY_NOW;
};

}  // namespace evd::collector
