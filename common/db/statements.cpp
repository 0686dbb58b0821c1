#include "common/db/statements.h"

#include <utility>

namespace evd::db {

base::Result<void> prepareAll(Connection& connection, std::initializer_list<Prepared> all) {
    for (const Prepared& entry : all) {
        auto prepared = connection.prepare(entry.sql);
        if (!prepared) {
            return prepared.error();
        }
        entry.statement = std::move(prepared).value();
    }
    return {};
}

base::Result<void> runOnce(Statement& statement) {
    const Row row(statement);
    return row.found() ? base::Result<void>() : row.found().error();
}

base::Result<std::optional<int64_t>> oneInteger(Statement& statement) {
    const Row row(statement);
    if (!row.found()) {
        return row.found().error();
    }
    const bool is_there = row.found().value() && statement.columnKind(0) == ColumnKind::Integer;
    return is_there ? std::optional(statement.columnInteger(0)) : std::nullopt;
}

base::Result<std::optional<int64_t>> askInteger(Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    if (!statement) {
        return statement.error();
    }
    return oneInteger(*statement.value());
}

base::Result<void> inTransaction(Connection& connection,
                                 const std::function<base::Result<void>()>& action) {
    if (connection.isInTransaction()) {
        return base::fail(base::ErrorKind::Invalid, "a transaction within a transaction");
    }
    auto done = connection.execute("BEGIN IMMEDIATE");
    if (done) {
        done = action();
    }
    if (done) {
        done = connection.execute("COMMIT");
    }
    // SQLite has rolled back by itself after some errors.
    if (!done && connection.isInTransaction()) {
        (void)connection.execute("ROLLBACK");
    }
    return done;
}

}  // namespace evd::db
