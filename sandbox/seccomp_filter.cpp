// The filter is built by libseccomp from the profile's lines, one rule for each. Rules of the same
// call are alternatives, so a line with a condition never takes away what another line gives. The
// library sorts the calls into a binary tree: about seven comparisons a call, whatever the profile.

#include "sandbox/seccomp_filter.h"

#include "common/base/text.h"

#include <seccomp.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>

namespace evd::sandbox {

namespace {

// The calls of Peios that our programs make (peios-abi §0.1), unknown to the library.
struct PeiosCall {
    std::string_view name;
    int number;
};
constexpr auto kPeiosCalls = std::to_array<PeiosCall>({
    {"kacs_open_peer_token", 1010},
    {"kacs_access_check_list", 1024},
    {"kmes_attach", 1091},
});
constexpr uint32_t kBinaryTree = 2;

struct FilterRelease {
    void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, FilterRelease>;

base::Error filterError(std::string what, int negative_errno) {
    return base::failErrno(base::cat("seccomp: ", what), -negative_errno);
}

uint32_t actionOf(Verdict verdict) {
    switch (verdict) {
        case Verdict::Allow:
            return SCMP_ACT_ALLOW;
        case Verdict::Refuse:
            return SCMP_ACT_ERRNO(EACCES);
        case Verdict::Absent:
            return SCMP_ACT_ERRNO(ENOSYS);
    }
    return SCMP_ACT_KILL_PROCESS;
}

int numberOf(std::string_view name) {
    for (const PeiosCall& call : kPeiosCalls) {
        if (call.name == name) {
            return call.number;
        }
    }
    return seccomp_syscall_resolve_name(std::string(name).c_str());
}

base::Result<void> addRule(const Filter& filter, const CallRule& rule) {
    const int number = numberOf(rule.name);
    if (number == __NR_SCMP_ERROR) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("seccomp: no such system call: ", rule.name));
    }
    if (number < 0) {
        return {};  // Another architecture has it.
    }
    scmp_arg_cmp comparisons[kConditionsMax];
    unsigned count = 0;
    for (const auto& condition : rule.conditions) {
        if (condition.mask != 0) {
            comparisons[count++] =
                SCMP_CMP(condition.argument, SCMP_CMP_MASKED_EQ, condition.mask, condition.value);
        }
    }
    if (rule.name == "tgkill") {
        comparisons[count++] =
            SCMP_CMP(0, SCMP_CMP_MASKED_EQ, 0xffff'ffff, static_cast<scmp_datum_t>(::getpid()));
    }
    const int outcome =
        seccomp_rule_add_array(filter.get(), actionOf(rule.verdict), number, count, comparisons);
    return outcome == 0 ? base::Result<void>()
                        : filterError(base::cat("rule for ", rule.name), outcome);
}

}  // namespace

std::string callName(int number) {
    for (const PeiosCall& call : kPeiosCalls) {
        if (call.number == number) {
            return std::string(call.name);
        }
    }
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
    return name ? std::string(name.get()) : base::cat("number ", number);
}

base::Result<void> installFilter(std::span<const CallRule> rules, FilterMode mode) {
    const bool kill = mode == FilterMode::Kill;
    const Filter filter(seccomp_init(kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_LOG));
    if (!filter) {
        return base::fail(base::ErrorKind::Unsupported, "seccomp: no filter could be made");
    }
    const struct {
        scmp_filter_attr name;
        uint32_t value;
    } attributes[] = {
        {SCMP_FLTATR_CTL_TSYNC, 1},
        {SCMP_FLTATR_CTL_NNP, 0},  // set by us, before Landlock needs it
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
        {SCMP_FLTATR_CTL_OPTIMIZE, kBinaryTree},
    };
    for (const auto& attribute : attributes) {
        const int outcome = seccomp_attr_set(filter.get(), attribute.name, attribute.value);
        if (outcome != 0) {
            return filterError("attribute", outcome);
        }
    }
    for (const auto& rule : rules) {
        EVD_TRY(addRule(filter, rule));
    }
    const int outcome = seccomp_load(filter.get());
    return outcome == 0 ? base::Result<void>() : filterError("load", outcome);
}

}  // namespace evd::sandbox
