#include "sandbox/supervisor/birth.h"

#include "sandbox/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace evd::supervisor {

namespace {

constexpr mode_t kViewMask = 022;  // folders on the way to what is shown are for our later user
constexpr mode_t kFileMask = 027;  // nothing of ours is for everybody

// `subset=pid` (Linux 5.8) makes the options those of this mount alone; before, hiding would have
// changed the host's /proc too, so an older kernel must refuse it.
bool mountOwnProc(const std::vector<ViewStep>& view) {
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 && takeView(view) &&
           ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                   "hidepid=2,subset=pid") == 0;
}

bool writeFile(const char* path, const char* text, size_t bytes) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && ::write(fd, text, bytes) == static_cast<ssize_t>(bytes);
    (void)::close(fd);
    return written;
}

// In the new namespace we are who we were; nobody else exists.
bool mapOwnId(const char* path, unsigned id) {
    char text[64];
    const int bytes = std::snprintf(text, sizeof(text), "%u %u 1\n", id, id);
    return writeFile(path, text, static_cast<size_t>(bytes));
}

bool enterUserNamespace() {
    const uid_t uid = ::getuid();
    const gid_t gid = ::getgid();
    return ::unshare(CLONE_NEWUSER) == 0 && writeFile("/proc/self/setgroups", "deny", 4) &&
           mapOwnId("/proc/self/uid_map", uid) && mapOwnId("/proc/self/gid_map", gid);
}

bool enterNamespaces(const Namespaces& namespaces, const std::vector<ViewStep>& view) {
    return (!namespaces.user || enterUserNamespace()) &&
           (!namespaces.network || ::unshare(CLONE_NEWNET) == 0) &&
           (!namespaces.ipc || ::unshare(CLONE_NEWIPC) == 0) &&
           (!namespaces.proc || mountOwnProc(view));
}

bool works(const Namespaces& namespaces) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(enterNamespaces(namespaces, {}) ? 0 : 1);
    }
    int status = -1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && status == 0;
}

void writeNumber(const char* path, int number) {
    char text[16];
    const int bytes = std::snprintf(text, sizeof(text), "%d", number);
    (void)writeFile(path, text, static_cast<size_t>(bytes));
}

// Where it cannot be told, the kernel chooses by itself.
void lowerWorth(int expendability) {
    if (expendability != 0) {
        writeNumber("/proc/self/oom_score_adj", expendability);
    }
}

// Every program is a session of its own. Where the kernel weighs whole sessions against one another
// (sched(7), autogroup) a nice value counts within one only; where it does not, only that counts.
// Without either all are worth the same.
void lowerShare(int niceness) {
    if (niceness > 0) {
        (void)::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + niceness);
        writeNumber("/proc/self/autogroup", niceness);
    }
}

bool limitThreads(int threads_max) {
    const rlimit limit{static_cast<rlim_t>(threads_max), static_cast<rlim_t>(threads_max)};
    return threads_max == 0 || ::setrlimit(RLIMIT_NPROC, &limit) == 0;
}

// An ambient capability is the one kind that a program without file capabilities starts with.
bool keepOverExec(int capability) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    const auto word = static_cast<unsigned>(capability) / 32;
    const uint32_t bit = uint32_t{1} << (static_cast<unsigned>(capability) % 32);
    data[word] = {bit, bit, bit};
    return ::syscall(SYS_capset, &header, data) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0;
}

// Leaving root takes all capabilities along; leaving a user that has some by the ambient set, as
// under a service manager, leaves them.
bool dropAll() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
    return ::syscall(SYS_capset, &header, none) == 0;
}

// Raw calls: glibc's would look for other threads, and we are a copy of one.
bool become(const Identity& identity, int kept_capability) {
    const bool keeps = kept_capability >= 0;
    // So that no program file with capabilities of its own could bring any back.
    const uint64_t bounding = keeps ? uint64_t{1} << kept_capability : 0;
    return sandbox::dropBounding(bounding) && (!keeps || ::prctl(PR_SET_KEEPCAPS, 1) == 0) &&
           ::syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) == 0 &&
           ::syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) == 0 &&
           (keeps ? keepOverExec(kept_capability) : dropAll());
}

}  // namespace

Namespaces availableNamespaces() {
    Namespaces all;
    all.network = works({.network = true});
    all.ipc = works({.ipc = true});
    all.proc = works({.proc = true});
    if (!all.network && works({.network = true, .ipc = true, .user = true})) {
        all = {.network = true, .ipc = true, .user = true};
    }
    return all;
}

Namespaces namespacesFor(const ProgramSpec& spec, const Namespaces& available) {
    if (available.user && spec.reads_ids) {
        return {};
    }
    Namespaces own = available;
    own.proc = available.proc && !spec.reads_proc;
    return own;
}

bool takePlace(const Birth& birth) {
    lowerWorth(birth.expendability);
    lowerShare(birth.niceness);
    (void)::umask(kViewMask);
    const bool inside = enterNamespaces(birth.namespaces, birth.view);
    (void)::umask(kFileMask);
    return inside && limitThreads(birth.threads_max) &&
           (!birth.identity || become(*birth.identity, birth.kept_capability));
}

}  // namespace evd::supervisor
