#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

namespace evd::queryd {

// One read transaction: every statement inside sees the same state of the database. Begins with the
// object and ends with it; statements made inside must be gone by then. One thread.
class ReadSnapshot {
  public:
    explicit ReadSnapshot(db::Connection& connection)
        : connection_(connection), begun_(connection.execute("BEGIN")) {}
    ~ReadSnapshot() {
        if (begun_.ok()) {
            (void)connection_.execute("ROLLBACK");  // nothing was written; it cannot matter
        }
    }
    ReadSnapshot(const ReadSnapshot&) = delete;
    ReadSnapshot& operator=(const ReadSnapshot&) = delete;

    const base::Result<void>& begun() const { return begun_; }

  private:
    db::Connection& connection_;
    base::Result<void> begun_;
};

}  // namespace evd::queryd
