#include "common/db/schema_parts.h"

#include "common/base/text.h"
#include "common/db/metadata.h"
#include "common/db/schema.h"
#include "common/db/statements.h"

namespace evd::db {

namespace {

// Whether the database has exactly this view; it may have that of an earlier build.
base::Result<bool> hasView(Connection& connection, const View& view) {
    auto query =
        connection.prepare("SELECT sql = ?2 FROM sqlite_schema WHERE type = 'view' AND name = ?1");
    if (!query) {
        return query.error();
    }
    const std::string statement = view.statement();
    query.value()->bindText(1, view.name);
    query.value()->bindText(2, statement);
    auto row = query.value()->step();
    if (!row) {
        return row.error();
    }
    return row.value() && query.value()->columnInteger(0) == 1;
}

// Within a transaction, so that no reader ever finds the view missing.
base::Result<void> replaceView(Connection& connection, const View& view) {
    return connection.execute(base::cat("DROP VIEW IF EXISTS ", view.name, "; ", view.statement()));
}

base::Result<void> completeView(Connection& connection, const View& view) {
    const auto found = hasView(connection, view);
    if (!found || found.value()) {
        return found ? base::Result<void>() : found.error();
    }
    return inTransaction(connection, [&] { return replaceView(connection, view); });
}

}  // namespace

std::string View::statement() const {
    return base::cat("CREATE VIEW ", name, " AS ", query);
}

// A GUID column as text, for the plain sqlite3 shell: the first three groups are little-endian.
std::string guidText(std::string_view column) {
    const std::string hex = base::cat("lower(hex(", column, "))");
    std::string text = "'{'";
    for (const int at : {7, 5, 3, 1}) {
        text += base::cat(" || substr(", hex, ",", at, ",2)");
    }
    for (const int at : {11, 15}) {
        text += base::cat(" || '-' || substr(", hex, ",", at, ",2) || substr(", hex, ",", at - 2,
                          ",2)");
    }
    text += base::cat(" || '-' || substr(", hex, ",17,4) || '-' || substr(", hex, ",21) || '}'");
    return base::cat("CASE WHEN length(", column, ") = 16 THEN ", text, " END AS ", column);
}

// Nanoseconds since the epoch as text, for times before it too: SQL divides towards zero.
std::string timeText(std::string_view column) {
    const std::string nanoseconds =
        base::cat("((", column, " % 1000000000 + 1000000000) % 1000000000)");
    return base::cat("strftime('%Y-%m-%dT%H:%M:%S', (", column, " - ", nanoseconds,
                     ") / 1000000000, 'unixepoch') || printf('.%09dZ', ", nanoseconds, ") AS ",
                     column);
}

base::Result<void> requireSql(Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    if (statement || statement.error().kind != base::ErrorKind::Invalid) {
        return statement ? base::Result<void>() : statement.error();
    }
    return base::fail(base::ErrorKind::Corrupt, statement.error().text);
}

base::Result<void> verifyVersion(Connection& connection, std::string_view version) {
    EVD_TRY(requireSql(connection, "SELECT key, value FROM metadata"));
    const auto found = readMetadata(connection, kSchemaVersionKey);
    if (!found) {
        return found.error();
    }
    if (!found.value()) {
        return base::fail(base::ErrorKind::Corrupt, "the metadata names no schema version");
    }
    if (*found.value() != version) {
        return base::fail(
            base::ErrorKind::Unsupported,
            base::cat("schema version ", *found.value(), ", this build knows version ", version));
    }
    return {};
}

base::Result<void> createSchema(Connection& connection, const SchemaParts& parts,
                                int64_t created_wall_ns) {
    EVD_TRY(connection.execute("BEGIN IMMEDIATE"));
    EVD_TRY(connection.execute(parts.specified));
    EVD_TRY(connection.execute(kMetadataTable));
    EVD_TRY(connection.execute(parts.added));
    for (const View& view : parts.views) {
        EVD_TRY(replaceView(connection, view));
    }
    EVD_TRY(writeMetadata(connection, kSchemaVersionKey, parts.version));
    EVD_TRY(writeMetadata(connection, kCreatedAtKey, base::formatIsoTime(created_wall_ns)));
    return connection.execute("COMMIT");
}

base::Result<void> completeSchema(Connection& connection, const SchemaParts& parts) {
    EVD_TRY(connection.execute(parts.added));
    for (const View& view : parts.views) {
        // Views are for people. A disk too full for a new one must not keep the store closed, and
        // what else is wrong with the database shows at the first commit.
        (void)completeView(connection, view);
    }
    return {};
}

}  // namespace evd::db
