#include "sandbox/profiles/profile.h"

namespace evd::sandbox {

namespace {

constexpr auto kCalls = std::to_array<CallRule>({
    {"accept4", "kmes: a program connects to emit or to attach"},
    {"openat",
     "kmes: a ring opened anew for reading only, and /proc of the peer for its stamp",
     Verdict::Allow,
     {kOpensForReading}},
    {"lseek", "libstdc++: reading /proc of the peer"},
    {"pread64", "kmes: reading /proc of the peer"},
    {"memfd_create", "kmes: the memories of a ring"},
    {"ftruncate", "kmes: the size of a ring's memory"},
    {"fchmod",
     "kmes: a ring's memory can be opened for reading only",
     Verdict::Allow,
     {equals(1, 0400)}},
    {"fcntl", "kmes: sealing a ring's size", Verdict::Allow, {equals(1, F_ADD_SEALS)}},
    {"fcntl", "kmes: is a parked ring sealed", Verdict::Allow, {equals(1, F_GET_SEALS)}},
});

}  // namespace

std::span<const CallRule> kmesdCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
