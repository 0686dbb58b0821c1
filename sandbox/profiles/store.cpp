#include "sandbox/profiles/profile.h"

#include <sched.h>
#include <sys/socket.h>

namespace evd::sandbox {

namespace {

constexpr Verdict kAllow = Verdict::Allow;
// Emptying by opening, files without a name, handles without rights, and what goes round the cache:
// no database is opened so.
constexpr uint32_t kOpensOddly = O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) | O_PATH | O_DIRECT | O_ASYNC;
constexpr uint32_t kSocketKind = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK

constexpr auto kCalls = std::to_array<CallRule>({
    // Files. Landlock holds all of these to the data folder.
    {"openat", "SQLite: databases, logs and their folder", kAllow, {without(2, kOpensOddly)}},
    {"pread64", "SQLite: pages"},
    {"pwrite64", "SQLite: pages and log frames"},
    {"fsync", "SQLite: the folder, after a file is made or removed"},
    {"fdatasync", "SQLite: databases and logs"},
    {"ftruncate", "SQLite: logs and their index"},
    {"fallocate", "SQLite: a database grows ahead of its log"},
    {"fcntl", "SQLite: locks", kAllow, {equals(1, F_SETLK)}},
    {"fcntl", "SQLite: who holds a lock", kAllow, {equals(1, F_GETLK)}},
    {"access", "SQLite: is there a journal"},
    {"readlink", "SQLite: links in a path"},
    {"getdents64", "libstdc++: which shards are there"},
    {"unlink", "SQLite: logs and journals at close"},
    {"unlinkat", "libstdc++: removing; machines without unlink"},
    {"rename", "store: setting a corrupt database aside (Ruling S6)"},
    {"link", "store: its log with it, so that at no moment the two are apart"},
    {"mkdir", "store: the folder of a store"},
    {"fchmod", "SQLite: a log gets the mode of its database"},
    {"fchown", "SQLite: a log gets the owner of its database, when root"},
    {"geteuid", "SQLite: are we root"},

    {"clock_nanosleep", "SQLite: waiting for a lock"},
    {"sysinfo", "glibc: qsort asks how much memory there is"},

    // Commit notices, to the one socket of queryd.
    {"socket",
     "ZeroMQ: connecting anew when queryd restarts",
     kAllow,
     {equals(0, AF_UNIX), masked(1, kSocketKind, SOCK_STREAM)}},
    {"connect", "ZeroMQ: the notices socket"},
    {"setsockopt", "ZeroMQ: options of its own sockets", kAllow, {equals(1, SOL_SOCKET)}},
    {"getsockname", "ZeroMQ: the name of a connection"},
    {"getpeername", "ZeroMQ: an address to show; a Unix peer has none", Verdict::Refuse},
    {"sendto", "ZeroMQ: notices"},
    {"recvfrom", "ZeroMQ: subscriptions"},
    {"sched_getparam", "ZeroMQ: start of a thread"},
    {"sched_getscheduler", "ZeroMQ: start of a thread"},
    {"sched_setscheduler", "ZeroMQ: start of a thread", kAllow, {equals(1, SCHED_OTHER)}},
#ifndef __x86_64__
    {"faccessat", "machines without access"},
    {"readlinkat", "machines without readlink"},
    {"renameat", "machines without rename"},
    {"linkat", "machines without link"},
    {"mkdirat", "machines without mkdir"},
#endif
});

}  // namespace

std::span<const CallRule> storeCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
