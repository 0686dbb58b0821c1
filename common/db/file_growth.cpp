#include "common/db/file_growth.h"

#include "common/base/check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace evd::db {

namespace {

// A file system that cannot allocate: only what is not there yet is written.
ssize_t writeIfMissing(int file, const void* bytes, off_t offset) {
    uint8_t there = 0;
    const ssize_t read = ::pread(file, &there, 1, offset);
    return read == 0 ? ::pwrite(file, bytes, 1, offset) : read;
}

// Neither a log nor its index nor a journal begins like that.
bool isDatabase(int file) {
    constexpr std::string_view kHeader{"SQLite format 3\0", 16};
    std::array<char, kHeader.size()> head{};
    return ::pread(file, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size()) &&
           std::string_view(head.data(), head.size()) == kHeader;
}

bool wouldShrink(int file, off_t size) {
    struct stat status {};
    return ::fstat(file, &status) == 0 && size < status.st_size;
}

// True when SQLite was built with one of the calls, and it is replaced.
template <typename Call>
bool replaceCall(std::initializer_list<const char*> names, Call* replacement) {
    sqlite3_vfs* system = sqlite3_vfs_find("unix");
    EVD_CHECK(system != nullptr, "SQLite knows the files of a Unix system");
    bool is_replaced = false;
    for (const char* name : names) {
        if (system->xGetSystemCall(system, name) != nullptr) {
            is_replaced =
                system->xSetSystemCall(
                    system, name, reinterpret_cast<sqlite3_syscall_ptr>(replacement)) == SQLITE_OK;
        }
    }
    return is_replaced;
}

bool replaceCalls() {
    return replaceCall({"pwrite", "pwrite64"}, &writeOrAllocate) &&
           replaceCall({"ftruncate"}, &cutOrKeep);
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

int cutOrKeep(int file, off_t size) {
    const bool is_kept = size > 0 && wouldShrink(file, size) && isDatabase(file);
    return is_kept ? 0 : ::ftruncate(file, size);
}

void makeFileGrowthSafe() {
    static const bool is_safe = replaceCalls();
    EVD_CHECK(is_safe, "SQLite writes with pwrite and cuts with ftruncate");
}

}  // namespace evd::db
