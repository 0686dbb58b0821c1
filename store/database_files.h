#pragma once

#include "common/base/clock.h"
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

// 0 for a file that is not there.
int64_t fileBytes(const std::string& path);

// Whether an error says nothing of the database itself: in a moment it may be readable.
bool mayPass(base::ErrorKind kind);

// Fills a new database with its tables.
using CreateSchema = base::Result<void> (*)(db::Connection& connection, int64_t created_wall_ns);

// Makes the database under another name and renames it, so that dying half-way leaves a file that
// the next start replaces. What is left of an earlier database of that name is removed.
base::Result<void> createDatabase(const std::string& path, int64_t wall_ns,
                                  CreateSchema create_schema, uint32_t page_bytes = db::kPageBytes);

// How often openOrReplace() tries again what may be a passing trouble (Io, Busy).
inline constexpr int kOpenAttemptsMax = 3;

// What a database is made of that is not there yet.
struct NewDatabase {
    CreateSchema create_schema = nullptr;
    uint32_t page_bytes = db::kPageBytes;
};

struct OpenTrouble {
    std::string text;   // what people should be told, empty when all is well
    std::string aside;  // where the database is now that was there, empty when it was left
};

// Opens the database of that path with `open`, having made it when it is missing. When `open` finds
// it Corrupt, or cannot read it at the last of several attempts, it is put aside and a fresh one
// opened in its place (Ruling S6); one of an Unsupported version is left alone and not opened. An
// error means that nothing can be done: the folder is not writable, the disk is full or broken.
base::Result<OpenTrouble> openOrReplace(const std::string& path, const NewDatabase& fresh,
                                        const base::Clock& clock,
                                        const std::function<base::Result<void>()>& open,
                                        int attempts_max);

// Removes a database with its -wal and -shm, which may all be missing. Nobody may have it open.
base::Result<void> removeDatabase(const std::string& path);

// Gives a database another name, with its -wal and -shm; what had that name is gone. Nobody may
// have it open for writing. All or nothing: after an error, or a death on the way, it is where it
// was.
base::Result<void> moveDatabase(const std::string& from, const std::string& to);

// Moves a corrupt database aside as <stem>.corrupt-<ns>.db with its -wal and -shm, where discovery
// still finds it for reading (Ruling S6), as moveDatabase() does. Answers the new path.
base::Result<std::string> quarantine(const std::string& path, int64_t wall_ns);

// The same for a database that was in use until now: `make_new` opens the one that takes its place,
// and is told where the old one is. Answers what people should be told; what did not succeed is
// part of it.
std::string quarantineAndReplace(
    const std::string& path, int64_t wall_ns,
    const std::function<base::Result<void>(const std::string& aside)>& make_new);

}  // namespace evd::store
