#include "sandbox/profiles/profile.h"

namespace evd::sandbox {

namespace {

constexpr auto kCalls = std::to_array<CallRule>({
    {"recvfrom", "glibc: recv on the process connector"},
    {"openat",
     "sensor: /proc of the process that an event is about",
     Verdict::Allow,
     {kOpensForReading}},
    {"getdents64", "sensor: the list of processes in /proc"},
    {"readlink", "sensor: /proc/<pid>/exe"},
    {"readlinkat", "sensor: /proc/<pid>/exe; the same on newer machines"},
    {"pread64", "sensor: files in /proc"},
    {"lseek", "libstdc++: files in /proc"},
});

}  // namespace

std::span<const CallRule> sensorCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
