#include "common/db/schema.h"

#include "common/base/text.h"
#include "common/db/schema_parts.h"

#include <array>

namespace evd::db {

namespace {

// Spec §3.1, exactly.
constexpr std::string_view kSpecifiedTables = R"sql(
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    boot_id BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    cpu_id INTEGER,
    sequence INTEGER,
    origin_class INTEGER,
    event_type TEXT NOT NULL,
    effective_token_guid BLOB,
    true_token_guid BLOB,
    process_guid BLOB,
    payload BLOB
);
CREATE INDEX idx_events_timestamp ON events(timestamp);
)sql";

// What we add (contracts §6). Receipts are looked up by their boundary when two of them merge.
constexpr std::string_view kAddedTables = R"sql(
CREATE TABLE IF NOT EXISTS receipts (
    boot_id BLOB NOT NULL,
    cpu_id INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    PRIMARY KEY (boot_id, cpu_id, first_sequence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event_types (event_type TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";

// One per table, in words of plain SQL only: any shell can read them (contracts §6).
std::array<View, 4> readableViews() {
    return {
        {{"events_readable",
          base::cat("SELECT id, ", guidText("boot_id"), ", ", timeText("timestamp"),
                    ", cpu_id, sequence, origin_class, event_type, ",
                    guidText("effective_token_guid"), ", ", guidText("true_token_guid"), ", ",
                    guidText("process_guid"), ", payload FROM events")},
         {"receipts_readable", base::cat("SELECT ", guidText("boot_id"),
                                         ", cpu_id, first_sequence, last_sequence FROM receipts")},
         {"metadata_readable", "SELECT key, value FROM metadata"},
         {"event_types_readable", "SELECT event_type FROM event_types"}}};
}

SchemaParts partsWith(const std::array<View, 4>& views) {
    return {kSchemaVersion, kSpecifiedTables, kAddedTables, views};
}

}  // namespace

base::Result<void> createEventSchema(Connection& connection, int64_t created_wall_ns) {
    const auto views = readableViews();
    return createSchema(connection, partsWith(views), created_wall_ns);
}

base::Result<void> verifyEventSchema(Connection& connection) {
    EVD_TRY(verifyVersion(connection, kSchemaVersion));
    EVD_TRY(requireSql(connection, base::cat("SELECT ", kEventColumns, " FROM events")));
    return requireSql(connection, "SELECT timestamp FROM events INDEXED BY idx_events_timestamp");
}

base::Result<void> completeEventSchema(Connection& connection) {
    const auto views = readableViews();
    return completeSchema(connection, partsWith(views));
}

}  // namespace evd::db
