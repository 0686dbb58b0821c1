#pragma once

#include "common/base/result.h"
#include "common/db/schema.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <functional>
#include <string>

namespace evd::store {

// The files of databases: how they come to be and how a corrupt one is put aside. Whoever opens a
// store for writing goes through here, so that every store keeps the same promises: nobody ever
// sees a database without its tables, and none is ever parted from its write-ahead log. Before
// anybody has the database open; any thread.

// Makes a folder and those above it where they are missing (Spec §3.2, §5.2, §7.2).
base::Result<void> makeStoreDirectory(const std::string& directory);

bool fileExists(const std::string& path);
// 0 for a file that is not there.
int64_t fileBytes(const std::string& path);

// Fills a new database with its tables.
using CreateSchema = base::Result<void> (*)(db::Connection& connection, int64_t created_wall_ns);

// Makes the database under another name and renames it, so that dying half-way leaves a file that
// the next start replaces. What is left of an earlier database of that name is removed.
base::Result<void> createDatabase(const std::string& path, int64_t wall_ns,
                                  CreateSchema create_schema, uint32_t page_bytes = db::kPageBytes);

// Moves a corrupt database aside as <stem>.corrupt-<ns>.db with its -wal and -shm, where discovery
// still finds it for reading (Ruling S6). Answers the new path. Nobody may have it open for
// writing. All or nothing: after an error, or a death on the way, it is where it was.
base::Result<std::string> quarantine(const std::string& path, int64_t wall_ns);

}  // namespace evd::store
