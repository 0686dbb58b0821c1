#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <optional>
#include <string>
#include <string_view>

namespace evd::db {

// The metadata table that every store has: what is known of a database as a whole, as text by key
// (Spec §3.2). One value at a time; who writes several keeps a statement of kWriteMetadataSql. On
// the connection's thread; errors are those of Statement::step() and Connection::prepare().

inline constexpr std::string_view kMetadataTable =
    "CREATE TABLE metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL);";
inline constexpr std::string_view kWriteMetadataSql =
    "INSERT OR REPLACE INTO metadata(key, value) VALUES (?1, ?2)";

// Nothing when the key is not there.
base::Result<std::optional<std::string>> readMetadata(Connection& connection, std::string_view key);

base::Result<void> writeMetadata(Connection& connection, std::string_view key,
                                 std::string_view value);

}  // namespace evd::db
