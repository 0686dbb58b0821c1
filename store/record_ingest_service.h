#pragma once

#include "common/base/fd.h"
#include "common/ipc/peer_connection.h"
#include "store/record_store.h"

#include <kj/async-io.h>
#include <kj/async.h>

namespace evd::store {

inline constexpr unsigned kRecordsPerBatchMax = 100'000;  // of LogMaxBatchSize, MetricMaxBatchSize

// What the service needs from the process around it. On the event loop.
class RecordIngestHost {
  public:
    virtual ~RecordIngestHost() = default;
    virtual RecordStore& logStore() = 0;
    virtual RecordStore& metricStore() = 0;
    // Resolves when neither of the two has anything queued or being written.
    virtual kj::Promise<void> whenRecordsIdle() = 0;
};

// eventd-ingest's connection: serves RecordIngest (capnp/ingest.capnp) on an inherited socket.
//
// Lives on the event loop; destroying it hangs up. Calls that are under way then are not lost:
// their messages stay alive until the writers have bound their bytes, and the next hello waits for
// them. Messages are bounded by ipc::kRecordIngestDoor, and a batch as named above; a longer one is
// refused (failed). What a batch says is checked by the writers, record by record.
class RecordIngestConnection {
  public:
    RecordIngestConnection(base::Fd socket, RecordIngestHost& host,
                           kj::LowLevelAsyncIoProvider& io);

  private:
    ipc::PeerConnection connection_;
};

}  // namespace evd::store
