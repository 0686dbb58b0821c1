#pragma once

#include "collector/ingest/record_batch.h"

#include <capnp/ingest.capnp.h>

namespace evd::collector {

// Batches as the calls that carry them (capnp/ingest.capnp). The message is made large enough at
// once. Pure.

capnp::Request<schema::RecordIngest::WriteLogsParams, schema::RecordIngest::WriteLogsResults>
makeWriteRequest(schema::RecordIngest::Client& ingest, uint64_t number, const LogBatch& batch);

capnp::Request<schema::RecordIngest::WriteSamplesParams, schema::RecordIngest::WriteSamplesResults>
makeWriteRequest(schema::RecordIngest::Client& ingest, uint64_t number, const SampleBatch& batch);

}  // namespace evd::collector
