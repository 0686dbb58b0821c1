#include "sandbox/confine.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/landlock.h"
#include "sandbox/privileges.h"
#include "sandbox/profiles/profile.h"
#include "sandbox/seccomp_filter.h"

#include <cstdlib>
#include <string_view>

namespace evd::sandbox {

namespace {

#ifdef EVD_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

FilterMode filterMode() {
    const char* wish = std::getenv("EVENTD_SECCOMP");
    return wish != nullptr && std::string_view(wish) == "log" ? FilterMode::Log : FilterMode::Kill;
}

base::Result<void> requireOneThread() {
    const auto threads = threadCount();
    if (!threads.ok()) {
        return threads.error();
    }
    if (threads.value() != 1) {
        return base::fail(base::ErrorKind::Invalid,
                          "confine() comes before the first thread: Landlock and capabilities bind "
                          "only the calling one");
    }
    return {};
}

// SQLite asks for randomness by name, not by getrandom.
constexpr std::string_view kRandomness = "/dev/urandom";

std::vector<PathRule> pathsOf(const Confinement& confinement) {
    auto paths = confinement.paths;
    if (confinement.role == Role::Store || confinement.role == Role::Queryd) {
        paths.push_back({std::string(kRandomness), PathAccess::Read});
    }
    return paths;
}

base::Result<void> closePaths(const Confinement& confinement) {
    if (confinement.sees_other_processes) {
        return {};
    }
    const auto outcome = restrictPaths(pathsOf(confinement));
    if (!outcome.ok() && outcome.error().kind == base::ErrorKind::Unsupported) {
        base::logWarning(base::cat(outcome.error().text, ", going on without"));
        return {};
    }
    return outcome;
}

}  // namespace

base::Result<void> confine(const Confinement& confinement) {
    if (confinement.role == Role::Evctl) {
        // It runs as the person, opens what the person names and starts a pager.
        return forbidNewPrivileges();
    }
    if (!kSanitized) {
        EVD_TRY(requireOneThread());
    }
    EVD_TRY(limitProcess(confinement.fds_max));
    EVD_TRY(forbidNewPrivileges());
    EVD_TRY(closePaths(confinement));
    EVD_TRY(keepOnlyCapabilities(confinement.keep_capabilities));
    if (kSanitized) {
        // Sanitizers make threads, read /proc, fork a symbolizer and trace the process at its end.
        base::logWarning("built with a sanitizer: no system call filter");
        return {};
    }
    EVD_TRY(forbidInspection());
    const auto mode = filterMode();
    if (mode == FilterMode::Log) {
        base::logWarning("EVENTD_SECCOMP=log: forbidden system calls are logged and let through");
    }
    return installFilter(profileOf(confinement.role), mode);
}

}  // namespace evd::sandbox
