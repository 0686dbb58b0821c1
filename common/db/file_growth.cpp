#include "common/db/file_growth.h"

#include "common/base/check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <initializer_list>

namespace evd::db {

namespace {

// A file system that cannot allocate: only what is not there yet is written.
ssize_t writeIfMissing(int file, const void* bytes, off_t offset) {
    uint8_t there = 0;
    const ssize_t read = ::pread(file, &there, 1, offset);
    return read == 0 ? ::pwrite(file, bytes, 1, offset) : read;
}

bool replaceWrites() {
    sqlite3_vfs* system = sqlite3_vfs_find("unix");
    EVD_CHECK(system != nullptr, "SQLite knows the files of a Unix system");
    const auto replacement = reinterpret_cast<sqlite3_syscall_ptr>(&writeOrAllocate);
    bool is_replaced = false;
    for (const char* name : {"pwrite", "pwrite64"}) {
        // Only what it was built with is there.
        if (system->xGetSystemCall(system, name) != nullptr) {
            is_replaced = system->xSetSystemCall(system, name, replacement) == SQLITE_OK;
        }
    }
    return is_replaced;
}

}  // namespace

ssize_t writeOrAllocate(int file, const void* bytes, size_t size, off_t offset) {
    if (size != 1 || *static_cast<const uint8_t*>(bytes) != 0) {
        return ::pwrite(file, bytes, size, offset);
    }
    if (::fallocate(file, 0, offset, 1) == 0) {
        return 1;
    }
    return errno == EOPNOTSUPP ? writeIfMissing(file, bytes, offset) : -1;
}

void makeFileGrowthSafe() {
    static const bool is_safe = replaceWrites();
    EVD_CHECK(is_safe, "SQLite writes with pwrite");
}

}  // namespace evd::db
