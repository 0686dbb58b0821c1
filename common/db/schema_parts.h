#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::db {

// What the schemas of all stores are made of: their parts, readable views, and the checks of an
// opening. Internal to common/db; each schema names its own tables. One thread, that of the
// connection.

// SQL for the plain sqlite3 shell, with the column's own name: a GUID as text in braces, wall
// nanoseconds as ISO 8601.
std::string guidText(std::string_view column);
std::string timeText(std::string_view column);

struct View {
    std::string_view name;
    std::string query;

    // As SQLite keeps it in its schema table.
    std::string statement() const;
};

// What a store's database is made of.
struct SchemaParts {
    std::string_view version;    // of the specification's tables
    std::string_view specified;  // CREATE statements, metadata left out
    std::string_view added;      // CREATE ... IF NOT EXISTS
    std::span<const View> views;
};

// Makes everything and the metadata, in one transaction.
base::Result<void> createSchema(Connection& connection, const SchemaParts& parts,
                                int64_t created_wall_ns);

// Makes what we add where it is missing and brings views of an earlier build up to date. A view
// that cannot be made is left as it is.
base::Result<void> completeSchema(Connection& connection, const SchemaParts& parts);

// Unsupported for another schema version, Corrupt without any or without a table of metadata.
base::Result<void> verifyVersion(Connection& connection, std::string_view version);

// Corrupt when the statement cannot even be prepared: a table, column or index it names is missing.
base::Result<void> requireSql(Connection& connection, std::string_view sql);

}  // namespace evd::db
