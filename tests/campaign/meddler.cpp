// Preloaded into the real programs by campaigns, never linked: stands between them and the C
// library, and lets their wall clock jump and their disk fail as Meddling says.
//
// Why not the machine's clock and disk: other programs use them too. Why not a time namespace: it
// moves the monotonic clocks only. Why not libfaketime: it sets a clock when a program starts, or
// reads a file at every call, which our jails forbid; here one store moves the clock of all
// programs at once, as a person or an NTP daemon does. What is moved is what programs read. A sleep
// until a wall time would not notice; nothing in the suite sleeps so (base::Clock has none).
//
// The page is mapped before main, so before any jail is shut. A program that cannot map it runs
// unmoved, which the campaign notices by the count of programs. No system call is made here that
// the C library would not have made in its place, but fstat, which SQLite needs as well.

#include "tests/campaign/meddling.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace {

using evd::test::DiskFault;
using evd::test::Meddling;

constexpr int64_t kNsPerSecond = 1'000'000'000;

Meddling* mapPage() {
    const char* path = std::getenv(evd::test::kMeddlingVariable);
    const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return nullptr;
    }
    void* page = ::mmap(nullptr, sizeof(Meddling), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    return page == MAP_FAILED ? nullptr : static_cast<Meddling*>(page);
}

Meddling* page = nullptr;  // before the constructor below: nothing is meddled with
bool has_disk = false;     // whether this program's files are to fail: the store's only

__attribute__((constructor)) void begin() {
    page = mapPage();
    has_disk = std::string_view(program_invocation_short_name) == "eventd-store";
    if (page != nullptr) {
        page->programs.fetch_add(1);
    }
}

// The C library's function of that name, looked up once.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int64_t wallOffset() {
    return page == nullptr ? 0 : page->wall_offset_ns.load(std::memory_order_relaxed);
}

bool isOurs(const struct stat& found) {
    if (!S_ISREG(found.st_mode)) {
        return false;
    }
    for (const auto& device : page->devices) {
        if (device.load(std::memory_order_relaxed) == found.st_dev) {
            return true;
        }
    }
    return false;
}

// Whether the operation of which `concerned` faults are a fault is hit now, and by which.
template <typename Concerned>
DiskFault judge(const Concerned& concerned) {
    const DiskFault fault = page->disk_fault.load(std::memory_order_relaxed);
    if (fault == DiskFault::None || !concerned(fault)) {
        return DiskFault::None;
    }
    const uint64_t count = page->operations.fetch_add(1);
    // Spread by a multiplication, so that no rhythm of the program's is met.
    const uint64_t spread = (count * 0x9E37'79B9'7F4A'7C15ULL) >> 33;
    const uint32_t one_in = page->one_in.load(std::memory_order_relaxed);
    if (one_in > 1 && spread % one_in != 0) {
        return DiskFault::None;
    }
    page->hits.at(static_cast<size_t>(fault)).fetch_add(1);
    return fault;
}

template <typename Concerned>
DiskFault judgeFile(int fd, const Concerned& concerned) {
    struct stat found {};
    if (page == nullptr || !has_disk || ::fstat(fd, &found) != 0 || !isOurs(found)) {
        return DiskFault::None;
    }
    return judge(concerned);
}

// Operations on names: taken to be the stores' own when the store makes them.
template <typename Concerned>
DiskFault judgeName(const Concerned& concerned) {
    return page == nullptr || !has_disk ? DiskFault::None : judge(concerned);
}

bool isWriteFault(DiskFault fault) {
    return fault == DiskFault::WriteError || fault == DiskFault::DiskFull ||
           fault == DiskFault::ShortWrite || fault == DiskFault::ReadOnly;
}

bool isChangeFault(DiskFault fault) {
    return fault == DiskFault::WriteError || fault == DiskFault::ReadOnly;
}

int failWith(DiskFault fault) {
    errno = fault == DiskFault::ReadOnly ? EROFS : fault == DiskFault::DiskFull ? ENOSPC : EIO;
    return -1;
}

using WriteAt = ssize_t(int, const void*, size_t, off_t);

ssize_t writeAt(WriteAt* real, int fd, const void* bytes, size_t count, off_t at) {
    const DiskFault fault = judgeFile(fd, isWriteFault);
    const bool writes_half = fault == DiskFault::ShortWrite || fault == DiskFault::DiskFull;
    if (writes_half && count > 1) {
        const ssize_t wrote = real(fd, bytes, count / 2, at);
        return fault == DiskFault::ShortWrite ? wrote : failWith(fault);
    }
    return fault == DiskFault::None ? real(fd, bytes, count, at) : failWith(fault);
}

using ReadAt = ssize_t(int, void*, size_t, off_t);

ssize_t readAt(ReadAt* real, int fd, void* bytes, size_t count, off_t at) {
    const DiskFault fault =
        judgeFile(fd, [](DiskFault wanted) { return wanted == DiskFault::ReadError; });
    return fault == DiskFault::None ? real(fd, bytes, count, at) : failWith(fault);
}

int syncOf(int (*real)(int), int fd) {
    const DiskFault fault =
        judgeFile(fd, [](DiskFault wanted) { return wanted == DiskFault::SyncError; });
    return fault == DiskFault::None ? real(fd) : failWith(fault);
}

template <typename... Arguments>
int changeFile(int (*real)(int, Arguments...), int fd, Arguments... arguments) {
    const DiskFault fault = judgeFile(fd, isChangeFault);
    return fault == DiskFault::None ? real(fd, arguments...) : failWith(fault);
}

int openFile(int (*real)(const char*, int, ...), const char* path, int flags, mode_t mode) {
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    if (writes && std::string_view(path).find("/dev/") != 0) {
        const DiskFault fault =
            judgeName([](DiskFault wanted) { return wanted == DiskFault::ReadOnly; });
        if (fault != DiskFault::None) {
            return failWith(fault);
        }
    }
    return real(path, flags, mode);
}

mode_t modeOf(int flags, va_list rest) {
    return (flags & O_CREAT) == 0 ? 0 : static_cast<mode_t>(va_arg(rest, int));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* now) noexcept {
    static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
    const int outcome = real(id, now);
    if (outcome == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        const int64_t moved = now->tv_sec * kNsPerSecond + now->tv_nsec + wallOffset();
        now->tv_sec = moved / kNsPerSecond;
        now->tv_nsec = moved % kNsPerSecond;
    }
    return outcome;
}

int gettimeofday(timeval* now, void* zone) noexcept {
    static auto* const real = next<int(timeval*, void*)>("gettimeofday");
    const int outcome = real(now, zone);
    if (outcome == 0) {
        now->tv_sec += wallOffset() / kNsPerSecond;
    }
    return outcome;
}

time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != nullptr) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
    static auto* const real = next<WriteAt>("pwrite");
    return writeAt(real, fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t at) {
    static auto* const real = next<WriteAt>("pwrite64");
    return writeAt(real, fd, bytes, count, at);
}
ssize_t pread(int fd, void* bytes, size_t count, off_t at) {
    static auto* const real = next<ReadAt>("pread");
    return readAt(real, fd, bytes, count, at);
}
ssize_t pread64(int fd, void* bytes, size_t count, off_t at) {
    static auto* const real = next<ReadAt>("pread64");
    return readAt(real, fd, bytes, count, at);
}

int fsync(int fd) {
    static auto* const real = next<int(int)>("fsync");
    return syncOf(real, fd);
}
int fdatasync(int fd) {
    static auto* const real = next<int(int)>("fdatasync");
    return syncOf(real, fd);
}

int ftruncate64(int fd, off_t length) noexcept {
    static auto* const real = next<int(int, off_t)>("ftruncate64");
    return changeFile<off_t>(real, fd, length);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
    static auto* const real = next<int(int, int, off_t, off_t)>("fallocate");
    return changeFile<int, off_t, off_t>(real, fd, mode, offset, length);
}

int rename(const char* from, const char* to) noexcept {
    static auto* const real = next<int(const char*, const char*)>("rename");
    const DiskFault fault = judgeName(isChangeFault);
    return fault == DiskFault::None ? real(from, to) : failWith(fault);
}
int unlink(const char* path) noexcept {
    static auto* const real = next<int(const char*)>("unlink");
    const DiskFault fault = judgeName(isChangeFault);
    return fault == DiskFault::None ? real(path) : failWith(fault);
}

int open(const char* path, int flags, ...) {
    static auto* const real = next<int(const char*, int, ...)>("open");
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = modeOf(flags, rest);
    va_end(rest);
    return openFile(real, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    static auto* const real = next<int(const char*, int, ...)>("open64");
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = modeOf(flags, rest);
    va_end(rest);
    return openFile(real, path, flags, mode);
}

}  // extern "C"
