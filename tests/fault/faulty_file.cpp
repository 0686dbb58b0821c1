// The functions that SQLite calls for a file. Each asks the FaultyVfs what becomes of the operation
// and leaves what passes to the real file behind it.

#include "tests/fault/faulty_file.h"

#include "common/base/check.h"
#include "tests/fault/faulty_vfs.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

namespace evd::test {

namespace {

using Operation = FaultyVfs::Operation;
using Verdict = FaultyVfs::Verdict;

// SQLite makes room for this and for the real file right behind it.
struct FaultyFile {
    sqlite3_file base;
    std::string* path;
    uint64_t inode;
    int last_errno;  // of a read that was failed here; as a real file it is not taken back

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultyFile& own(sqlite3_file* file) {
    return *reinterpret_cast<FaultyFile*>(file);
}

sqlite3_file* behind(sqlite3_file* file) {
    return own(file).real();
}

const sqlite3_io_methods& methods(sqlite3_file* file) {
    return *behind(file)->pMethods;
}

int closeFile(sqlite3_file* file) {
    const std::unique_ptr<std::string> path(own(file).path);
    return methods(file).xClose(behind(file));
}

int readFile(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
    if (FaultyVfs::instance().judge(Operation::Read) != Verdict::Pass) {
        own(file).last_errno = EIO;
        return SQLITE_IOERR_CORRUPTFS;  // what SQLite makes of EIO
    }
    return methods(file).xRead(behind(file), bytes, count, offset);
}

int writeThrough(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    const int outcome = methods(file).xWrite(behind(file), bytes, count, offset);
    FaultyVfs::instance().shadowWritten(own(file).inode, static_cast<uint64_t>(offset),
                                        static_cast<uint64_t>(count));
    return outcome;
}

int writeFile(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    FaultyVfs& vfs = FaultyVfs::instance();
    switch (vfs.judge(Operation::Write)) {
        case Verdict::Pass:
            return writeThrough(file, bytes, count, offset);
        case Verdict::Half:
            (void)writeThrough(file, bytes, count / 2, offset);
            return SQLITE_IOERR_WRITE;
        case Verdict::Die:
            (void)writeThrough(file, bytes, count / 2, offset);
            ::_exit(0);
        case Verdict::Full:
            return SQLITE_FULL;
        case Verdict::Fail:
        case Verdict::Lose:
            break;
    }
    return SQLITE_IOERR_WRITE;
}

int truncateFile(sqlite3_file* file, sqlite3_int64 size) {
    FaultyVfs& vfs = FaultyVfs::instance();
    if (vfs.judge(Operation::Truncate) != Verdict::Pass) {
        return SQLITE_IOERR_TRUNCATE;
    }
    sqlite3_int64 before = size;
    (void)methods(file).xFileSize(behind(file), &before);
    const int outcome = methods(file).xTruncate(behind(file), size);
    vfs.shadowWritten(own(file).inode, static_cast<uint64_t>(std::min(size, before)),
                      static_cast<uint64_t>(std::max<sqlite3_int64>(before - size, 0)));
    return outcome;
}

// The machine's own disk is left in peace: nobody pulls its plug.
int syncFile(sqlite3_file* file, int) {
    FaultyVfs& vfs = FaultyVfs::instance();
    const Verdict verdict = vfs.judge(Operation::Sync);
    if (verdict == Verdict::Pass) {
        vfs.shadowKept(own(file).inode, *own(file).path);
    }
    return verdict == Verdict::Pass || verdict == Verdict::Lose ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

int sizeOfFile(sqlite3_file* file, sqlite3_int64* size) {
    return methods(file).xFileSize(behind(file), size);
}

int lockFile(sqlite3_file* file, int kind) {
    return methods(file).xLock(behind(file), kind);
}

int unlockFile(sqlite3_file* file, int kind) {
    return methods(file).xUnlock(behind(file), kind);
}

int checkReservedLock(sqlite3_file* file, int* outcome) {
    return methods(file).xCheckReservedLock(behind(file), outcome);
}

int controlFile(sqlite3_file* file, int operation, void* argument) {
    if (operation == SQLITE_FCNTL_LAST_ERRNO && own(file).last_errno != 0) {
        *static_cast<int*>(argument) = own(file).last_errno;
        return SQLITE_OK;
    }
    return methods(file).xFileControl(behind(file), operation, argument);
}

int sectorSize(sqlite3_file* file) {
    return methods(file).xSectorSize(behind(file));
}

int deviceCharacteristics(sqlite3_file* file) {
    return methods(file).xDeviceCharacteristics(behind(file));
}

// Ordinary memory for all that matters: only its growth can fail, and a dead machine has none.
template <typename Mapped>
int mapShared(sqlite3_file* file, int page, int size, int extend, Mapped** mapped) {
    if (extend != 0 && FaultyVfs::instance().judge(Operation::Shared) != Verdict::Pass) {
        return SQLITE_IOERR_SHMSIZE;
    }
    return methods(file).xShmMap(behind(file), page, size, extend, mapped);
}

int lockShared(sqlite3_file* file, int offset, int count, int flags) {
    return methods(file).xShmLock(behind(file), offset, count, flags);
}

void barrierShared(sqlite3_file* file) {
    methods(file).xShmBarrier(behind(file));
}

int unmapShared(sqlite3_file* file, int remove) {
    return methods(file).xShmUnmap(behind(file), remove);
}

// Version 2: no memory mapping, which could not be failed.
constexpr sqlite3_io_methods kMethods = {2,
                                         &closeFile,
                                         &readFile,
                                         &writeFile,
                                         &truncateFile,
                                         &syncFile,
                                         &sizeOfFile,
                                         &lockFile,
                                         &unlockFile,
                                         &checkReservedLock,
                                         &controlFile,
                                         &sectorSize,
                                         &deviceCharacteristics,
                                         &mapShared,
                                         &lockShared,
                                         &barrierShared,
                                         &unmapShared,
                                         nullptr,
                                         nullptr};

int openFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    FaultyVfs& vfs = FaultyVfs::instance();
    FaultyFile& opened = own(file);
    opened.base.pMethods = nullptr;
    if (vfs.judge(Operation::Open) != Verdict::Pass) {
        return SQLITE_CANTOPEN;
    }
    const int outcome = vfs.real()->xOpen(vfs.real(), name, opened.real(), flags, flags_out);
    if (outcome != SQLITE_OK) {
        return outcome;
    }
    auto path = std::make_unique<std::string>(name == nullptr ? "" : name);
    struct stat status {};
    opened.inode = ::stat(path->c_str(), &status) == 0 ? status.st_ino : 0;
    if (opened.inode != 0) {
        vfs.shadowOpened(opened.inode, *path);
    }
    opened.last_errno = 0;
    opened.path = path.release();
    opened.base.pMethods = &kMethods;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs*, const char* name, int sync_folder) {
    FaultyVfs& vfs = FaultyVfs::instance();
    if (vfs.judge(Operation::Delete) != Verdict::Pass) {
        return SQLITE_IOERR_DELETE;
    }
    return vfs.real()->xDelete(vfs.real(), name, sync_folder);
}

}  // namespace

void installFaultyFiles(sqlite3_vfs& real) {
    // The other functions work on names and times; they are the real ones.
    // SQLite keeps it to the end of the process.
    sqlite3_vfs* const shim = std::make_unique<sqlite3_vfs>(real).release();
    shim->zName = "faulty";
    shim->pNext = nullptr;
    shim->szOsFile = static_cast<int>(sizeof(FaultyFile)) + real.szOsFile;
    shim->xOpen = &openFile;
    shim->xDelete = &deleteFile;
    EVD_CHECK(sqlite3_vfs_register(shim, /*makeDflt=*/1) == SQLITE_OK, "no faulty disk");
}

}  // namespace evd::test
