#include "sandbox/profiles/profile.h"

#include <sched.h>

namespace evd::sandbox {

namespace {

constexpr Verdict kAllow = Verdict::Allow;

constexpr auto kCalls = std::to_array<CallRule>({
    {"accept4", "kj, ZeroMQ, the query socket: a client connects"},
    {"getsockname", "ZeroMQ, kj: the name of a connection"},
    {"getpeername", "ZeroMQ, kj: the name of a connection"},
    {"setsockopt", "ZeroMQ, the query socket: timeouts and buffers"},
    {"sendto", "ZeroMQ, the query socket: answers"},
    {"recvfrom", "ZeroMQ, the query socket: questions"},
    {"sched_getparam", "ZeroMQ: start of a thread"},
    {"sched_getscheduler", "ZeroMQ: start of a thread"},
    {"sched_setscheduler", "ZeroMQ: start of a thread", kAllow, {equals(1, SCHED_OTHER)}},

    // Files, read-only. Landlock holds all of these to the data folder.
    {"openat", "SQLite: databases and logs", kAllow, {kOpensForReading}},
    // The refusal makes SQLite open the index of a log read-only, which is what we want.
    {"openat",
     "SQLite: the index of a log, tried for writing first",
     Verdict::Refuse,
     {masked(2, O_ACCMODE | O_TRUNC, O_RDWR)}},
    {"pread64", "SQLite: pages"},
    {"lseek", "SQLite: where pread64 is not used"},
    {"fcntl", "SQLite: read locks", kAllow, {equals(1, F_SETLK)}},
    {"fcntl", "SQLite: who holds a lock", kAllow, {equals(1, F_GETLK)}},
    {"lstat", "SQLite: is it a link"},
    {"stat", "SQLite: is it there"},
    {"statx", "libstdc++: what is it"},
    {"access", "SQLite: is there a log"},
    {"faccessat", "the same on newer machines"},
    {"faccessat2", "the same on newer machines"},
    {"readlink", "SQLite: links in a path"},
    {"readlinkat", "the same on newer machines"},
    {"getcwd", "SQLite: the full name of a path"},
    {"geteuid", "SQLite: are we root"},
    {"fchown", "SQLite: tries it on a log when root, and takes a refusal well", Verdict::Refuse},
    {"fchmod", "SQLite: the same for the mode", Verdict::Refuse},
    {"getdents64", "libstdc++: which shards are there"},
});

}  // namespace

std::span<const CallRule> querydCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
