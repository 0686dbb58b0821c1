#pragma once

#include "sandbox/confine.h"

#include <fcntl.h>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace evd::sandbox {

// What happens when a call matches its line. There are three tiers: what a program needs is
// allowed, with the arguments it needs it with; what a library merely tries is answered with an
// error that the library lives with; everything else kills the process.
enum class Verdict {
    Allow,
    Refuse,  // EACCES: a library asks, and takes no for an answer
    Absent,  // ENOSYS: a library falls back to an older call that we can look into
};

// (argument & mask) == value, over the low 32 bits, which is all that the kernel reads of an int.
// A mask of 0 is no condition.
struct Condition {
    unsigned argument = 0;
    uint32_t mask = 0;
    uint32_t value = 0;
};

inline constexpr size_t kConditionsMax = 2;

// One line of a profile: a system call, who needs it, and with which arguments. Several lines for
// one call are alternatives.
struct CallRule {
    std::string_view name;  // as in the kernel's tables; kmes_ and kacs_ calls are Peios's
    std::string_view reason;
    Verdict verdict = Verdict::Allow;
    std::array<Condition, kConditionsMax> conditions{};
};

constexpr Condition equals(unsigned argument, uint32_t value) {
    return {argument, 0xffff'ffff, value};
}
constexpr Condition without(unsigned argument, uint32_t bits) {
    return {argument, bits, 0};
}
constexpr Condition masked(unsigned argument, uint32_t mask, uint32_t value) {
    return {argument, mask, value};
}

// What openat's flags look like when nothing can be made, changed or emptied by it. O_TMPFILE is a
// bit of its own together with O_DIRECTORY, which is harmless alone.
inline constexpr Condition kOpensForReading =
    masked(2, O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), O_RDONLY);

// The lines that every program of the group needs, and then those of each role. Tables of
// constants, one file each; widening one is a change of its own with a reason of its own.
std::span<const CallRule> everyProgramCalls();
std::span<const CallRule> collectorCalls();
std::span<const CallRule> kmesdCalls();
std::span<const CallRule> sensorCalls();
std::span<const CallRule> ingestCalls();
std::span<const CallRule> storeCalls();
std::span<const CallRule> querydCalls();

// All lines of a role; empty for Role::Evctl, which runs as the person and has no filter.
std::vector<CallRule> profileOf(Role role);

const char* roleName(Role role);

}  // namespace evd::sandbox
