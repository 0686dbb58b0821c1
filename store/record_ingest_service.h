#pragma once

#include "common/base/fd.h"
#include "common/ipc/served_connection.h"
#include "store/record_store.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <cstddef>
#include <cstdint>

namespace evd::store {

// Bytes of batches that are not answered yet; above it the socket is not read, eventd-ingest's
// window stays full and what comes in behind it is dropped there and counted.
inline constexpr size_t kUnansweredRecordBytesMax = 32 * 1024 * 1024;
inline constexpr uint64_t kRecordMessageBytesMax = 64 * 1024 * 1024;
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
// them. Messages are bounded as named above; a peer that exceeds a bound loses the connection or
// gets the batch refused (failed). What a batch says is checked by the writers, record by record.
class RecordIngestConnection {
  public:
    RecordIngestConnection(base::Fd socket, RecordIngestHost& host,
                           kj::LowLevelAsyncIoProvider& io);

  private:
    ipc::ServedConnection connection_;
};

}  // namespace evd::store
