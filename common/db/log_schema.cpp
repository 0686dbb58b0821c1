#include "common/db/log_schema.h"

#include "common/base/text.h"
#include "common/db/schema_parts.h"

#include <array>

namespace evd::db {

namespace {

// Spec §5.1, and the column job_id (contracts §6).
constexpr std::string_view kSpecifiedTables = R"sql(
CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    boot_id BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    origin TEXT NOT NULL,
    is_error INTEGER NOT NULL,
    message TEXT NOT NULL,
    job_id BLOB
);
CREATE INDEX idx_logs_timestamp ON logs(timestamp);
CREATE INDEX idx_logs_origin ON logs(origin);
)sql";

constexpr std::string_view kAddedTables =
    "CREATE TABLE IF NOT EXISTS log_origins (origin TEXT PRIMARY KEY) WITHOUT ROWID;";

std::array<View, 3> readableViews() {
    return {{{"logs_readable",
              base::cat("SELECT id, ", guidText("boot_id"), ", ", timeText("timestamp"),
                        ", origin, is_error, message, ", guidText("job_id"), " FROM logs")},
             {"metadata_readable", "SELECT key, value FROM metadata"},
             {"log_origins_readable", "SELECT origin FROM log_origins"}}};
}

SchemaParts partsWith(const std::array<View, 3>& views) {
    return {kLogSchemaVersion, kSpecifiedTables, kAddedTables, views};
}

}  // namespace

base::Result<void> createLogSchema(Connection& connection, int64_t created_wall_ns) {
    const auto views = readableViews();
    return createSchema(connection, partsWith(views), created_wall_ns);
}

base::Result<void> verifyLogSchema(Connection& connection) {
    EVD_TRY(verifyVersion(connection, kLogSchemaVersion));
    EVD_TRY(requireSql(connection, base::cat("SELECT ", kLogColumns, " FROM logs")));
    EVD_TRY(requireSql(connection, "SELECT timestamp FROM logs INDEXED BY idx_logs_timestamp"));
    return requireSql(connection, "SELECT origin FROM logs INDEXED BY idx_logs_origin");
}

base::Result<void> completeLogSchema(Connection& connection) {
    const auto views = readableViews();
    return completeSchema(connection, partsWith(views));
}

}  // namespace evd::db
