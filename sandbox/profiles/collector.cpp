#include "sandbox/profiles/profile.h"

namespace evd::sandbox {

namespace {

constexpr auto kCalls = std::to_array<CallRule>({
    {"openat",
     "glibc: malloc looks at overcommit_memory when it trims a heap; refused",
     Verdict::Refuse,
     {kOpensForReading}},
    {"kmes_attach", "kmes: rings of the kernel, again after a generation change"},
});

}  // namespace

std::span<const CallRule> collectorCalls() {
    return kCalls;
}

}  // namespace evd::sandbox
