#include "queryd/evctl/export_file.h"

#include "common/base/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace evd::evctl {

using base::cat;
using base::ErrorKind;

namespace {

constexpr int kOpeningsMax = 16;  // one would do, were there not a third one

}  // namespace

ExportFile::~ExportFile() {
    if (file_.valid() && !is_kept_) {
        (void)::unlink(partial_.c_str());  // half a file is of no use to anybody
    }
}

// Between the opening and the lock the one who held it may have finished: then what was opened is
// the finished file, which is nobody's to write any more.
base::Result<void> ExportFile::open(int flags) {
    for (int i = 0; i < kOpeningsMax; ++i) {
        EVD_TRY(openOnce(flags));
        if (isAtItsName()) {
            return {};
        }
        file_.reset();
    }
    return base::fail(ErrorKind::Busy, cat("others are writing ", partial_, " again and again"));
}

bool ExportFile::isAtItsName() const {
    struct stat opened {};
    struct stat named {};
    return ::fstat(file_.get(), &opened) == 0 && ::lstat(partial_.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

base::Result<void> ExportFile::openOnce(int flags) {
    struct stat facts {};
    if (::stat(path_.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
        return base::fail(ErrorKind::Invalid,
                          cat(path_, " is no regular file; to write there, leave --into out"));
    }
    base::Fd file(::open(partial_.c_str(), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) {
        const ErrorKind kind = errno == ENOENT ? ErrorKind::NotFound : ErrorKind::Io;
        return base::fail(kind, base::failErrno(cat("cannot open ", partial_), errno).text);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(ErrorKind::Busy, cat("another export is writing ", partial_));
    }
    file_ = std::move(file);
    return {};
}

base::Result<void> ExportFile::begin() {
    EVD_TRY(open(O_CREAT));
    if (::ftruncate(file_.get(), 0) != 0) {
        return base::failErrno(cat("cannot empty ", partial_), errno);
    }
    return {};
}

base::Result<void> ExportFile::goOn(uint64_t bytes) {
    is_kept_ = true;
    EVD_TRY(open(0));
    struct stat facts {};
    if (::fstat(file_.get(), &facts) != 0 || facts.st_size < static_cast<off_t>(bytes)) {
        return base::fail(ErrorKind::Invalid, cat(partial_, " is shorter than what was exported"));
    }
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0 ||
        ::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_SET) < 0) {
        return base::failErrno(cat("cannot cut ", partial_), errno);
    }
    return {};
}

base::Result<void> ExportFile::sync() {
    return ::fdatasync(file_.get()) == 0
               ? base::Result<void>()
               : base::failErrno(cat("cannot write ", partial_, " to the disk"), errno);
}

base::Result<void> ExportFile::finish() {
    if (::fsync(file_.get()) != 0) {
        return base::failErrno(cat("cannot write ", partial_, " to the disk"), errno);
    }
    EVD_TRY(renameForGood(partial_, path_));
    is_kept_ = true;
    return {};
}

base::Result<void> renameForGood(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return base::failErrno(cat("cannot rename ", from, " to ", to), errno);
    }
    const size_t slash = to.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : to.substr(0, slash + 1);
    const base::Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // A folder that may not be read cannot be synced; the name is there all the same.
    if (directory.valid() && ::fsync(directory.get()) != 0) {
        return base::failErrno(cat("cannot write ", folder, " to the disk"), errno);
    }
    return {};
}

}  // namespace evd::evctl
