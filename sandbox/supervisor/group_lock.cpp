#include "sandbox/supervisor/group_lock.h"

#include "common/base/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace evd::supervisor {

namespace {

constexpr mode_t kLockMode = 0644;

std::string holderOf(const base::Fd& file) {
    char text[32];
    const ssize_t bytes = ::pread(file.get(), text, sizeof(text), 0);
    const auto pid = base::trim(std::string_view(text, bytes > 0 ? static_cast<size_t>(bytes) : 0));
    return base::parseU64(pid).ok() ? std::string(pid) : "unknown";
}

}  // namespace

base::Result<GroupLock> GroupLock::acquire(const std::string& event_store_path, pid_t own_pid) {
    const std::string path =
        base::cat(event_store_path, event_store_path.ends_with('/') ? "" : "/", kGroupLockFile);
    base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kLockMode));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot open ", path), errno);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return base::failErrno(base::cat("cannot lock ", path), errno);
        }
        return base::fail(base::ErrorKind::Busy,
                          base::cat("another eventd, pid ", holderOf(file), ", holds ", path));
    }
    const std::string pid = base::cat(own_pid, "\n");
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        return base::failErrno(base::cat("cannot write ", path), errno);
    }
    return GroupLock(std::move(file));
}

}  // namespace evd::supervisor
