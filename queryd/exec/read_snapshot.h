#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <string_view>

namespace evd::queryd {

// One read transaction: every statement inside sees the same state of the database. Begins with the
// object and ends with it; statements made inside must be gone by then. The schema is that of the
// snapshot from the start, so that a statement that names an index which is gone fails when it is
// prepared and not later. One thread.
class ReadSnapshot {
  public:
    explicit ReadSnapshot(db::Connection& connection)
        : connection_(connection), begun_(run("BEGIN")) {
        // BEGIN alone looks at nothing. This looks, and finds nothing that a trace would count.
        begun_ = begun_.ok() ? run("SELECT 1 FROM sqlite_master LIMIT 0") : begun_;
    }
    ~ReadSnapshot() {
        // Also after a BEGIN that was stopped when it had begun.
        if (connection_.isInTransaction()) {
            (void)run("ROLLBACK");  // nothing was written; it cannot matter
        }
    }
    ReadSnapshot(const ReadSnapshot&) = delete;
    ReadSnapshot& operator=(const ReadSnapshot&) = delete;

    const base::Result<void>& begun() const { return begun_; }

  private:
    // Of statements that the connection keeps.
    base::Result<void> run(std::string_view sql) {
        auto statement = connection_.prepare(sql);
        if (!statement) {
            return statement.error();
        }
        const auto stepped = statement.value()->step();
        return stepped ? base::Result<void>() : base::Result<void>(stepped.error());
    }

    db::Connection& connection_;
    base::Result<void> begun_;
};

}  // namespace evd::queryd
