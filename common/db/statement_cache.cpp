#include "common/db/statement_cache.h"

#include <sqlite3.h>
#include <algorithm>

namespace evd::db {

StatementCache::~StatementCache() {
    for (sqlite3_stmt* statement : idle_) {
        sqlite3_finalize(statement);
    }
}

sqlite3_stmt* StatementCache::take(std::string_view sql) {
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [sql](sqlite3_stmt* statement) {
        return sql == sqlite3_sql(statement);
    });
    if (found == idle_.rend()) {
        return nullptr;
    }
    sqlite3_stmt* statement = *found;
    idle_.erase(std::prev(found.base()));
    return statement;
}

void StatementCache::keep(sqlite3_stmt* statement) {
    // The code that reset() repeats is the one that the last step has already returned.
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    // What it has stepped over is not the next user's.
    (void)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, /*resetFlg=*/1);
    idle_.push_back(statement);
    if (idle_.size() > count_max_) {
        sqlite3_finalize(idle_.front());
        idle_.erase(idle_.begin());
    }
}

}  // namespace evd::db
