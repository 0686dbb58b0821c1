#pragma once

#include "common/base/fd.h"
#include "common/ipc/served_connection.h"
#include "store/event_store.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <cstddef>
#include <cstdint>

namespace evd::store {

// Event bytes of calls that are not answered yet; above it the socket is not read, the collector's
// window stays full and the ring absorbs (architecture, "Follow one event").
inline constexpr size_t kUnansweredBytesMax = 32 * 1024 * 1024;
// One call must be able to carry the largest legal event, of 128 MiB, with its frame.
inline constexpr uint64_t kMessageBytesMax = 130 * 1024 * 1024;

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
// the holdings that the next collector is told. Messages are bounded as named above; a peer that
// exceeds a bound loses the connection. Everything it says is checked by EventStore.
class CollectorConnection {
  public:
    CollectorConnection(base::Fd socket, IngestHost& host, kj::LowLevelAsyncIoProvider& io);

  private:
    ipc::ServedConnection connection_;
};

}  // namespace evd::store
