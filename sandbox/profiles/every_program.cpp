#include "sandbox/profiles/profile.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <csignal>

namespace evd::sandbox {

namespace {

// What glibc's pthread_create asks of clone; anything else would make a process.
constexpr uint32_t kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                  CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                                  CLONE_CHILD_CLEARTID;

// The signal by which glibc has all threads change their user; its handler comes with the first.
constexpr uint32_t kSetIdSignal = 33;

constexpr Verdict kAllow = Verdict::Allow;

// tgkill is bound to the process itself when the filter is built (seccomp_filter.cpp).
constexpr auto kCalls = std::to_array<CallRule>({
    {"read", "kj: eventfds of the event loop, sockets"},
    {"write", "kj: eventfds, sockets; lines on stderr"},
    {"writev", "kj: sockets without descriptors; lines on stderr"},
    {"recvmsg", "kj, Cap'n Proto: the control connection brings descriptors"},
    {"sendmsg", "kj, Cap'n Proto: the control connection takes descriptors"},
    {"shutdown", "kj: half-close of a connection"},
    {"getsockopt", "kj: SO_ERROR, SO_PEERCRED"},
    {"close", "everyone"},
    {"dup", "kj: copies of sockets"},
    {"fcntl", "base: copies of descriptors", kAllow, {equals(1, F_DUPFD_CLOEXEC)}},
    {"fcntl", "kj, ZeroMQ: is it non-blocking", kAllow, {equals(1, F_GETFL)}},
    {"fcntl", "kj, ZeroMQ: make it non-blocking", kAllow, {equals(1, F_SETFL)}},
    {"fcntl", "kj: is it closed at exec", kAllow, {equals(1, F_GETFD)}},
    {"fcntl", "kj, SQLite: close it at exec", kAllow, {equals(1, F_SETFD)}},
    {"ioctl", "kj: make it non-blocking", kAllow, {equals(1, FIONBIO)}},
    {"ioctl", "kj: close it at exec", kAllow, {equals(1, FIOCLEX)}},

    {"epoll_create1", "kj, ZeroMQ: an event loop in a thread"},
    {"epoll_ctl", "kj, ZeroMQ: event loops"},
    {"epoll_wait", "kj, ZeroMQ: event loops"},
    {"eventfd2", "kj, ZeroMQ: waking an event loop"},
    {"poll", "kj, ZeroMQ: waiting for one socket"},

    {"mmap", "glibc: memory and stacks; never executable", kAllow, {without(2, PROT_EXEC)}},
    {"mprotect", "glibc: heaps and guard pages; never executable", kAllow, {without(2, PROT_EXEC)}},
    {"munmap", "glibc: memory and stacks"},
    {"mremap", "glibc: realloc of large blocks"},
    {"madvise", "glibc: heaps and stacks given back"},
    {"brk", "glibc: the main heap"},

    {"futex", "glibc: locks and joins; kmes: waiting for a ring"},
    {"clone3", "glibc tries it first; its flags are out of a filter's reach", Verdict::Absent},
    {"clone", "glibc: threads, nothing else", kAllow, {equals(0, kThreadFlags)}},
    {"set_robust_list", "glibc: start of a thread"},
    {"rseq", "glibc: start of a thread"},
    {"prctl", "glibc: a thread's name", kAllow, {equals(0, PR_SET_NAME)}},
    {"sched_yield", "libstdc++, kj: spinning politely"},
    {"sched_getaffinity", "glibc: number of cpus, when heaps are laid out"},
    {"exit", "glibc: end of a thread"},
    {"exit_group", "glibc: end of the process"},

    {"rt_sigaction", "glibc: the first thread", kAllow, {equals(0, kSetIdSignal)}},
    {"rt_sigprocmask", "glibc: around the start of a thread"},
    {"rt_sigreturn", "the kernel's: return from a signal handler"},
    {"restart_syscall", "the kernel's: resumption after a stop"},
    {"getpid", "glibc: abort; ZeroMQ, SQLite: are we forked"},
    {"gettid", "glibc: abort"},
    {"tgkill", "glibc: abort, to ourselves only"},

    {"clock_gettime", "glibc: where the vdso cannot tell the time"},
    {"getrandom", "libsodium, glibc: randomness"},

    {"newfstatat", "glibc: fstat; SQLite, libstdc++: is it there (Landlock does not hide names)"},
    {"fstat", "glibc: older fstat"},
#ifndef __x86_64__
    {"epoll_pwait", "kj, ZeroMQ: machines without epoll_wait"},
    {"ppoll", "kj, ZeroMQ: machines without poll"},
#endif
});

}  // namespace

std::span<const CallRule> everyProgramCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
