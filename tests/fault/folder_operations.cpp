// The program's own rename, link and unlink, in the place of the C library's: counted and failed by
// the same plan as what SQLite does. Linked into the programs of this folder only.

#include "tests/fault/faulty_vfs.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace {

bool fails() {
    using evd::test::FaultyVfs;
    if (FaultyVfs::instance().judge(FaultyVfs::Operation::Folder) == FaultyVfs::Verdict::Pass) {
        return false;
    }
    errno = EIO;
    return true;
}

}  // namespace

extern "C" int rename(const char* from, const char* to) noexcept {
    return fails() ? -1
                   : static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

extern "C" int link(const char* from, const char* to) noexcept {
    return fails() ? -1 : static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

extern "C" int unlink(const char* path) noexcept {
    return fails() ? -1 : static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
