#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <memory>
#include <string>

namespace evd::db {

// openForReading() of a database whose writer is gone or has given it up: what is in it now is all
// that will ever come to light.
//
// A commit is entered in the shared index of the log (-shm) when the log itself is complete. A
// writer that dies in between, or whose disk says that it failed, leaves a commit that is there for
// whoever looks through the log; and that nobody does as long as a reader keeps the index alive.
// What nobody writes to any more could show such a commit at any later time. So the index is made
// invalid, as a death while it was written would leave it, and SQLite looks through the log for a
// new one, whoever else has the database open; snapshots that others hold stay as they are. Nothing
// is done where the index may not be written. Errors are those of opening and reading.
base::Result<std::unique_ptr<Connection>> openSettled(const std::string& path);

}  // namespace evd::db
