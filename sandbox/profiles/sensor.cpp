#include "sandbox/profiles/profile.h"

#include <sys/socket.h>

namespace evd::sandbox {

namespace {

constexpr auto kCalls = std::to_array<CallRule>({
    {"recvfrom", "glibc: recv on the process connector"},
    {"setsockopt",
     "kmes: the send buffer of a new connection",
     Verdict::Allow,
     {equals(1, SOL_SOCKET), equals(2, SO_SNDBUF)}},
    {"openat",
     "sensor: /proc of the process that an event is about",
     Verdict::Allow,
     {kOpensForReading}},
    {"getdents64", "sensor: the list of processes in /proc"},
    {"readlink", "sensor: /proc/<pid>/exe"},
    {"readlinkat", "sensor: /proc/<pid>/exe; the same on newer machines"},
    {"pread64", "sensor: files in /proc"},
    {"lseek", "libstdc++: files in /proc; sensor: how far the kernel's log was sent"},
    {"statfs", "sensor: how full a file system is"},
});

}  // namespace

std::span<const CallRule> sensorCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
