#include "sandbox/confine.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/landlock.h"
#include "sandbox/privileges.h"
#include "sandbox/profiles/profile.h"
#include "sandbox/seccomp_filter.h"

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
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

// So that a program that was taken over runs into a limit and not the machine out of memory. Those
// who hold a window of records get many times that window; the store and queryd, whose settings may
// ask for much and may change while they run, half of the machine.
uint64_t dataBytesMax(Role role) {
    constexpr uint64_t kMebibyte = uint64_t{1} << 20;
    const auto pages = static_cast<uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 0L));
    const uint64_t machine = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto cpus = static_cast<uint64_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
    switch (role) {
        case Role::Sensor:
        case Role::Ingest:
            return 512 * kMebibyte;
        case Role::Collector:
        case Role::Kmesd:
            return (1024 + 16 * cpus) * kMebibyte;
        case Role::Store:
        case Role::Queryd:
            return std::max(machine / 2, 4096 * kMebibyte);
        case Role::Evctl:
            break;
    }
    return RLIM_INFINITY;
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
    EVD_TRY(limitProcess(confinement.fds_max,
                         kSanitized ? RLIM_INFINITY : dataBytesMax(confinement.role)));
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
