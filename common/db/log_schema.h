#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <string_view>

namespace evd::db {

// The schema of the log store that the store writes and queryd reads (Spec §5.1, contracts §6).
//
//   logs         id INTEGER PRIMARY KEY (ascending in commit order), boot_id, timestamp, origin,
//                is_error, message, job_id; indexes idx_logs_timestamp and idx_logs_origin
//   metadata     key, value: schema_version, created_at, and ingest_batch: "<sender hex> <number>",
//                the last batch that is stored (capnp/ingest.capnp, RecordIngest)
//   log_origins  origin: every origin that the store has ever held
//   <table>_readable  views of the same for people
inline constexpr std::string_view kLogSchemaVersion = "1";
inline constexpr std::string_view kIngestBatchKey = "ingest_batch";

// The columns of logs in the order of the table, for INSERT and SELECT alike.
inline constexpr std::string_view kLogColumns =
    "id, boot_id, timestamp, origin, is_error, message, job_id";
inline constexpr int kLogColumnCount = 7;

// As for event shards (schema.h).
base::Result<void> createLogSchema(Connection& connection, int64_t created_wall_ns);
base::Result<void> verifyLogSchema(Connection& connection);
base::Result<void> completeLogSchema(Connection& connection);

}  // namespace evd::db
