#include "sandbox/profiles/profile.h"

#include <sched.h>
#include <sys/socket.h>

namespace evd::sandbox {

namespace {

constexpr Verdict kAllow = Verdict::Allow;
constexpr uint32_t kSocketKind = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK

constexpr auto kCalls = std::to_array<CallRule>({
    // Files. Landlock holds all of these to the data folder.
    {"openat", "SQLite: databases, logs and their folder"},
    {"pread64", "SQLite: pages"},
    {"pwrite64", "SQLite: pages and log frames"},
    {"lseek", "SQLite: where pread64 is not used"},
    {"fsync", "SQLite: the folder, after a file is made or removed"},
    {"fdatasync", "SQLite: databases and logs"},
    {"ftruncate", "SQLite: logs and their index"},
    {"fallocate", "SQLite: growing the index of a log"},
    {"fcntl", "SQLite: locks", kAllow, {equals(1, F_SETLK)}},
    {"fcntl", "SQLite: who holds a lock", kAllow, {equals(1, F_GETLK)}},
    {"lstat", "SQLite: is it a link"},
    {"stat", "SQLite: is it there; ZeroMQ: is the socket there"},
    {"statx", "libstdc++: what is it"},
    {"access", "SQLite: is there a journal"},
    {"faccessat", "the same on newer machines"},
    {"faccessat2", "the same on newer machines"},
    {"readlink", "SQLite: links in a path"},
    {"readlinkat", "the same on newer machines"},
    {"getcwd", "SQLite: the full name of a path"},
    {"getdents64", "libstdc++: which shards are there"},
    {"unlink", "SQLite: logs and journals at close"},
    {"unlinkat", "the same on newer machines"},
    {"rename", "store: setting a corrupt database aside (Ruling S6)"},
    {"renameat", "the same on newer machines"},
    {"renameat2", "the same on newer machines"},
    {"mkdir", "store: the folder of a store"},
    {"mkdirat", "the same on newer machines"},
    {"fchmod", "SQLite: a log gets the mode of its database"},
    {"fchown", "SQLite: a log gets the owner of its database, when root"},
    {"geteuid", "SQLite: are we root"},
    {"fstatfs", "store: how much room is left"},

    // Commit notices, to the one socket of queryd.
    {"socket",
     "ZeroMQ: connecting anew when queryd restarts",
     kAllow,
     {equals(0, AF_UNIX), masked(1, kSocketKind, SOCK_STREAM)}},
    {"connect", "ZeroMQ: the notices socket"},
    {"setsockopt", "ZeroMQ: options of its own sockets"},
    {"getsockname", "ZeroMQ: the name of a connection"},
    {"getpeername", "ZeroMQ: the name of a connection"},
    {"sendto", "ZeroMQ: notices"},
    {"recvfrom", "ZeroMQ: subscriptions"},
    {"sched_getparam", "ZeroMQ: start of a thread"},
    {"sched_getscheduler", "ZeroMQ: start of a thread"},
    {"sched_setscheduler", "ZeroMQ: start of a thread", kAllow, {equals(1, SCHED_OTHER)}},
});

}  // namespace

std::span<const CallRule> storeCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
