#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <string_view>

namespace evd::db {

// The schema of an event shard that the store writes and queryd reads (Spec §3.1, contracts §6).
//
//   events       id INTEGER PRIMARY KEY (global sequence, Ruling S1), boot_id, timestamp, cpu_id,
//                sequence, origin_class, event_type, effective_token_guid, true_token_guid,
//                process_guid, payload; index idx_events_timestamp on timestamp
//   metadata     key, value: schema_version, created_at, last_sequence_<cpu>
//   receipts     boot_id, cpu_id, first_sequence, last_sequence: what the shard accounts for
//                (Ruling S2)
//   event_types  event_type: every type that the shard has ever held
//   <table>_readable  views of the same for people: ISO 8601 times, GUIDs in braces; plain SQL, no
//                extension needed
//
// Integers are SQLite's (big-endian varints on disk); GUIDs are 16-byte blobs in Microsoft order.
inline constexpr std::string_view kSchemaVersion = "1";
inline constexpr uint32_t kPageBytes = 16 * 1024;  // of new databases; measured, quality §7

inline constexpr std::string_view kSchemaVersionKey = "schema_version";
inline constexpr std::string_view kCreatedAtKey = "created_at";
inline constexpr std::string_view kLastSequenceKeyPrefix = "last_sequence_";

// The columns of events in the order of the table, for INSERT and SELECT alike.
inline constexpr std::string_view kEventColumns =
    "id, boot_id, timestamp, cpu_id, sequence, origin_class, event_type, effective_token_guid, "
    "true_token_guid, process_guid, payload";
inline constexpr int kEventColumnCount = 11;

// Makes the tables, the index, the views and the metadata of a new shard, in one transaction.
base::Result<void> createEventSchema(Connection& connection, int64_t created_wall_ns);

// Whether this build may write to the database: Unsupported for another schema version, Corrupt
// when a required table, column or index is missing (Spec §3.2 opening; no integrity check, Spec
// §11).
base::Result<void> verifyEventSchema(Connection& connection);

// Makes what we add to the specification's schema (receipts, event_types, views) where a database
// of the right version lacks it, and brings views of an earlier build up to date. A view that
// cannot be made is left as it is.
base::Result<void> completeEventSchema(Connection& connection);

}  // namespace evd::db
