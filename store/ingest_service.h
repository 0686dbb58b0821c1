#pragma once

#include "common/base/fd.h"
#include "common/ipc/peer_connection.h"
#include "store/event_store.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <cstdint>

namespace evd::store {

// What the ingest services need from the process around them. On the event loop.
class IngestHost {
  public:
    virtual ~IngestHost() = default;
    virtual EventStore& eventStore() = 0;
    // Resolves when nothing is queued or being written.
    virtual kj::Promise<void> whenIdle() = 0;
    virtual uint32_t batchEventsMax() const = 0;
};

// One collector's connection: serves EventIngest and EventSink (capnp/ingest.capnp) on an inherited
// socket.
//
// Lives on the event loop; destroying it hangs up. Calls that are under way then are not lost:
// their messages stay alive until the writers have finished with them, and what they stored is in
// the holdings that the next collector is told. Messages are bounded by ipc::kEventIngestDoor.
// Everything it says is checked by EventStore.
class CollectorConnection {
  public:
    CollectorConnection(base::Fd socket, IngestHost& host, kj::LowLevelAsyncIoProvider& io);

  private:
    ipc::PeerConnection connection_;
};

}  // namespace evd::store
