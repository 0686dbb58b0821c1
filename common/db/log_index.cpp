#include "common/db/log_index.h"

#include "common/db/statements.h"

#include <sqlite3.h>
#include <cstring>

namespace evd::db {

namespace {

// As SQLite maps it: the first region begins with two copies of a header of 48 bytes, which count
// only when they are alike and say that they are there (its "walformat", 2.1).
constexpr int kRegionBytes = 32 * 1024;
constexpr size_t kHeadersBytes = 96;

constexpr const char* kAnyRead = "SELECT count(*) FROM sqlite_schema";

// None where the connection has no index, or may not write to it.
void* indexOf(sqlite3* handle) {
    sqlite3_file* file = nullptr;
    (void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 2) {
        return nullptr;
    }
    void volatile* region = nullptr;
    const int outcome =
        file->pMethods->xShmMap(file, /*iPg=*/0, kRegionBytes, /*bExtend=*/0, &region);
    return outcome == SQLITE_OK ? const_cast<void*>(region) : nullptr;
}

}  // namespace

base::Result<void> rebuildLogIndex(Connection& connection) {
    if (connection.isImmutable()) {
        return {};
    }
    const auto read = askInteger(connection, kAnyRead);  // has the index mapped from here on
    if (!read) {
        return read.error();
    }
    void* const index = indexOf(connection.handle());
    if (index == nullptr) {
        return {};
    }
    std::memset(index, 0, kHeadersBytes);
    const auto again = askInteger(connection, kAnyRead);
    return again ? base::Result<void>() : again.error();
}

base::Result<std::unique_ptr<Connection>> openSettled(const std::string& path) {
    auto opened = Connection::openForReading(path);
    if (opened) {
        EVD_TRY(rebuildLogIndex(*opened.value()));
    }
    return opened;
}

}  // namespace evd::db
