#include "sandbox/profiles/profile.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

namespace evd::sandbox {

namespace {

constexpr Verdict kAllow = Verdict::Allow;

// KACS_IOC_QUERY: _IOWR('K', 0, 16 bytes) (peios-abi §3.6).
constexpr uint32_t kKacsQueryToken = 0xC010'4B00;

constexpr auto kCalls = std::to_array<CallRule>({
    {"accept4", "kj, ZeroMQ, the query socket: a client connects"},
    {"getsockname", "ZeroMQ, kj: the name of a connection"},
    {"getpeername", "ZeroMQ: an address to show; a Unix peer has none", Verdict::Refuse},
    {"setsockopt", "ZeroMQ, the query socket: timeouts, buffers", kAllow, {equals(1, SOL_SOCKET)}},
    {"setsockopt",
     "kj: TCP_NODELAY on whatever it accepts",
     kAllow,
     {equals(1, IPPROTO_TCP), equals(2, TCP_NODELAY)}},
    {"sendto", "ZeroMQ, the query socket: answers"},
    {"recvfrom", "ZeroMQ, the query socket: questions"},
    {"sched_getparam", "ZeroMQ: start of a thread"},
    {"sched_getscheduler", "ZeroMQ: start of a thread"},
    {"sched_setscheduler", "ZeroMQ: start of a thread", kAllow, {equals(1, SCHED_OTHER)}},

    // On a kernel without KACS these are refused as unknown; we ask once whether there is one.
    {"kacs_open_peer_token", "access: the token of whoever connects"},
    {"kacs_access_check_list", "access: what that token may see"},
    {"ioctl", "access: whose token it is", kAllow, {equals(1, kKacsQueryToken)}},

    // Files, read-only. Landlock holds all of these to the data folder.
    {"openat", "SQLite: databases and logs", kAllow, {kOpensForReading}},
    // The refusal makes SQLite open the index of a log read-only, which is what we want.
    {"openat",
     "SQLite: the index of a log, tried for writing first",
     Verdict::Refuse,
     {masked(2, O_ACCMODE | O_TRUNC, O_RDWR)}},
    {"pread64", "SQLite: pages"},
    {"fcntl", "SQLite: read locks", kAllow, {equals(1, F_SETLK)}},
    {"fcntl", "SQLite: who holds a lock", kAllow, {equals(1, F_GETLK)}},
    {"access", "SQLite: is there a log"},
    {"readlink", "SQLite: links in a path"},
    {"geteuid", "SQLite: are we root"},
    {"fchown", "SQLite: tries it on a log when root, and takes a refusal well", Verdict::Refuse},
    {"fchmod", "SQLite: the same for the mode", Verdict::Refuse},
    {"clock_nanosleep", "SQLite: waiting for a lock"},
    {"sysinfo", "glibc: qsort asks how much memory there is"},
    {"getdents64", "libstdc++: which shards are there"},
#ifndef __x86_64__
    {"faccessat", "machines without access"},
    {"readlinkat", "machines without readlink"},
#endif
});

}  // namespace

std::span<const CallRule> querydCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
