#include "sandbox/landlock.h"

#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace evd::sandbox {

namespace {

// The headers of Debian 12 know version 2 of an interface that grows by fields at the end and by
// bits; these are the later ones, from the kernel's documentation of landlock_create_ruleset.
constexpr uint64_t kAccessTruncate = uint64_t{1} << 14;       // version 3
constexpr uint64_t kAccessDeviceControl = uint64_t{1} << 15;  // version 5
constexpr uint64_t kNetBindAndConnect = 0b11;                 // version 4
constexpr uint64_t kScopeAbstractSocketsAndSignals = 0b11;    // version 6

struct RulesetAttributes {
    uint64_t handled_access_fs = 0;
    uint64_t handled_access_net = 0;
    uint64_t scoped = 0;
};

constexpr uint64_t kAccessVersion1 = (uint64_t{1} << 13) - 1;

constexpr uint64_t kReadFolder = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWriteFolder = kReadFolder | LANDLOCK_ACCESS_FS_WRITE_FILE | kAccessTruncate |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR;
constexpr uint64_t kOfPlainFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kAccessTruncate;

uint64_t handledFiles(int version) {
    uint64_t access = kAccessVersion1;
    access |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
    access |= version >= 3 ? kAccessTruncate : 0;
    access |= version >= 5 ? kAccessDeviceControl : 0;
    return access;
}

base::Result<base::Fd> makeRuleset(int version) {
    const RulesetAttributes attributes{handledFiles(version), version >= 4 ? kNetBindAndConnect : 0,
                                       version >= 6 ? kScopeAbstractSocketsAndSignals : 0};
    // Older kernels refuse fields that they do not know.
    const size_t bytes = version >= 6   ? sizeof(attributes)
                         : version >= 4 ? offsetof(RulesetAttributes, scoped)
                                        : offsetof(RulesetAttributes, handled_access_net);
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &attributes, bytes, 0);
    if (ruleset < 0) {
        return base::failErrno("Landlock: cannot make a ruleset", errno);
    }
    return base::Fd(static_cast<int>(ruleset));
}

base::Result<void> addPath(const base::Fd& ruleset, const PathRule& rule, uint64_t handled) {
    const base::Fd path(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (!path.valid() || ::fstat(path.get(), &found) != 0) {
        return base::failErrno(base::cat("Landlock: cannot open ", rule.path), errno);
    }
    uint64_t access = rule.access == PathAccess::ReadWrite ? kWriteFolder : kReadFolder;
    if (!S_ISDIR(found.st_mode)) {
        access &= kOfPlainFiles;
    }
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = access & handled;
    beneath.parent_fd = path.get();
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) !=
        0) {
        return base::failErrno(base::cat("Landlock: cannot open up ", rule.path), errno);
    }
    return {};
}

}  // namespace

int landlockVersion() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

base::Result<void> restrictPaths(std::span<const PathRule> rules) {
    const int version = landlockVersion();
    if (version == 0) {
        return base::fail(base::ErrorKind::Unsupported, "the kernel has no Landlock");
    }
    const auto ruleset = makeRuleset(version);
    if (!ruleset.ok()) {
        return ruleset.error();
    }
    for (const auto& rule : rules) {
        EVD_TRY(addPath(ruleset.value(), rule, handledFiles(version)));
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.value().get(), 0) != 0) {
        return base::failErrno("Landlock: cannot restrict this process", errno);
    }
    return {};
}

}  // namespace evd::sandbox
