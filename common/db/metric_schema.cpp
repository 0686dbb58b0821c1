#include "common/db/metric_schema.h"

#include "common/base/text.h"
#include "common/db/schema_parts.h"

#include <array>

namespace evd::db {

namespace {

// Spec §7.1 and §7.4, exactly. The unique constraint of rollups is also the index it asks for.
constexpr std::string_view kSpecifiedTables = R"sql(
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,
    type INTEGER NOT NULL,
    label_hash INTEGER NOT NULL,
    boundaries_hash INTEGER,
    UNIQUE (name, labels, boundaries_hash)
);
CREATE TABLE samples (
    series_id INTEGER NOT NULL REFERENCES series(id),
    timestamp INTEGER NOT NULL,
    value REAL NOT NULL,
    histogram_data BLOB
);
CREATE TABLE rollups (
    id INTEGER PRIMARY KEY,
    series_id INTEGER NOT NULL REFERENCES series(id),
    function INTEGER NOT NULL,
    window_seconds INTEGER NOT NULL,
    window_start INTEGER NOT NULL,
    value REAL NOT NULL,
    sample_count INTEGER NOT NULL,
    UNIQUE (series_id, function, window_seconds, window_start)
);
CREATE INDEX idx_samples_series_timestamp ON samples(series_id, timestamp);
CREATE INDEX idx_series_name ON series(name);
CREATE INDEX idx_series_label_hash ON series(label_hash);
)sql";

constexpr std::string_view kTypeText =
    "CASE type WHEN 0 THEN 'counter' WHEN 1 THEN 'gauge' WHEN 2 THEN 'histogram' ELSE type END AS "
    "type";
constexpr std::string_view kFunctionText =
    "CASE function WHEN 0 THEN 'AVG' WHEN 1 THEN 'MIN' WHEN 2 THEN 'MAX' WHEN 3 THEN 'SUM' WHEN 4 "
    "THEN 'RATE' WHEN 5 THEN 'DELTA' ELSE function END AS function";

std::array<View, 4> readableViews() {
    return {{{"series_readable", base::cat("SELECT id, name, labels, ", kTypeText,
                                           ", label_hash, boundaries_hash FROM series")},
             {"samples_readable",
              base::cat("SELECT series_id, name, labels, ", timeText("timestamp"),
                        ", value, histogram_data FROM samples LEFT JOIN series ON series.id = "
                        "series_id")},
             {"rollups_readable",
              base::cat("SELECT rollups.id AS id, series_id, name, labels, ", kFunctionText,
                        ", window_seconds, ", timeText("window_start"),
                        ", value, sample_count FROM rollups LEFT JOIN series ON series.id = "
                        "series_id")},
             {"metadata_readable", "SELECT key, value FROM metadata"}}};
}

SchemaParts partsWith(const std::array<View, 4>& views) {
    return {kMetricSchemaVersion, kSpecifiedTables, /*added=*/"", views};
}

}  // namespace

base::Result<void> createMetricSchema(Connection& connection, int64_t created_wall_ns) {
    const auto views = readableViews();
    return createSchema(connection, partsWith(views), created_wall_ns);
}

base::Result<void> verifyMetricSchema(Connection& connection) {
    EVD_TRY(verifyVersion(connection, kMetricSchemaVersion));
    EVD_TRY(requireSql(connection,
                       "SELECT id, name, labels, type, label_hash, boundaries_hash FROM series"));
    EVD_TRY(
        requireSql(connection, "SELECT series_id, timestamp, value, histogram_data FROM samples"));
    EVD_TRY(requireSql(connection,
                       "SELECT id, series_id, function, window_seconds, window_start, value, "
                       "sample_count FROM rollups"));
    EVD_TRY(requireSql(connection,
                       "SELECT timestamp FROM samples INDEXED BY idx_samples_series_timestamp"));
    EVD_TRY(requireSql(connection, "SELECT name FROM series INDEXED BY idx_series_name"));
    return requireSql(connection, "SELECT label_hash FROM series INDEXED BY idx_series_label_hash");
}

base::Result<void> completeMetricSchema(Connection& connection) {
    const auto views = readableViews();
    return completeSchema(connection, partsWith(views));
}

}  // namespace evd::db
