#include "common/db/log_index.h"

#include <sqlite3.h>
#include <cstring>

namespace evd::db {

namespace {

// As SQLite maps it: the first region begins with two copies of a header of 48 bytes, which count
// only when they are alike and say that they are there (its "walformat", 2.1).
constexpr int kRegionBytes = 32 * 1024;
constexpr size_t kHeadersBytes = 96;

constexpr const char* kAnyRead = "SELECT 1 FROM sqlite_schema LIMIT 0";

// Known when something has been read. Without a log there is nobody to close an index again that
// was opened for it.
base::Result<bool> hasLog(Connection& connection) {
    EVD_TRY(connection.execute(kAnyRead));
    const auto mode = connection.prepare("PRAGMA journal_mode");
    if (!mode) {
        return mode.error();
    }
    const auto row = mode.value()->step();
    return row ? base::Result<bool>(row.value() && mode.value()->columnText(0) == "wal")
               : row.error();
}

// None where the connection may not write to it.
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

// Whoever reads next looks through the log, and that is done here.
base::Result<void> rebuildIndex(Connection& connection) {
    if (connection.isImmutable()) {
        return {};
    }
    const auto has_log = hasLog(connection);
    if (!has_log || !has_log.value()) {
        return has_log ? base::Result<void>() : has_log.error();
    }
    void* const index = indexOf(connection.handle());
    if (index == nullptr) {
        return {};
    }
    std::memset(index, 0, kHeadersBytes);
    return connection.execute(kAnyRead);
}

}  // namespace

base::Result<std::unique_ptr<Connection>> openSettled(const std::string& path) {
    auto opened = Connection::openForReading(path);
    if (opened) {
        EVD_TRY(rebuildIndex(*opened.value()));
    }
    return opened;
}

}  // namespace evd::db
