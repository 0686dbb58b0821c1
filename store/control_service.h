#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/ipc/peer_connection.h"
#include "store/policy_thread.h"

#include <kj/async-io.h>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace evd::store {

inline constexpr size_t kFieldsPerReportMax = 256;  // and rollups
inline constexpr int64_t kReportIntervalMinNs = 500 * base::kNsPerMs;
inline constexpr uint32_t kQueriesPerFieldMax = 100'000;  // of one report

// What became of queryd's reports, over all its connections.
struct ControlFigures {
    uint64_t fields_counted = 0;
    uint64_t fields_ignored = 0;  // nothing that can be indexed
    uint64_t rollups_counted = 0;
    uint64_t rollups_ignored = 0;  // no function or window that can be rolled up
    uint64_t reports_early = 0;    // came faster than they may
};

// queryd's connection: serves StoreControl (capnp/store_control.capnp) on an inherited socket.
//
// Lives on the event loop; destroying it hangs up. Checks what it is told and hands it to the
// policy thread; an INDEX is answered when that thread has. The thread, the figures and what knows
// the stable id outlive it. Messages are bounded by ipc::kStoreControlDoor.
class ControlConnection {
  public:
    ControlConnection(base::Fd socket, PolicyThread& policy, ControlFigures& figures,
                      const base::Clock& clock, std::function<int64_t()> stable_id,
                      kj::AsyncIoContext& io);

  private:
    ipc::PeerConnection connection_;
};

}  // namespace evd::store
