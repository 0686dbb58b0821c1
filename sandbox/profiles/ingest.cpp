#include "sandbox/profiles/profile.h"

namespace evd::sandbox {

namespace {

constexpr auto kCalls = std::to_array<CallRule>({
    {"recvmmsg", "ingest: datagrams, many at a time"},
    {"openat",
     "glibc: malloc looks at overcommit_memory when it trims a heap; refused",
     Verdict::Refuse,
     {kOpensForReading}},
});

}  // namespace

std::span<const CallRule> ingestCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
