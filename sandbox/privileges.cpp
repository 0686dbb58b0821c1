#include "sandbox/privileges.h"

#include "common/base/text.h"

#include <dirent.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <memory>

namespace evd::sandbox {

namespace {

constexpr int kCapabilityBits = 64;

// The kernel's two 32-bit halves as one number.
struct CapabilitySets {
    uint64_t effective = 0;
    uint64_t permitted = 0;
    uint64_t inheritable = 0;
};

base::Result<CapabilitySets> readCapabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall(SYS_capget, &header, data) != 0) {
        return base::failErrno("cannot read the capabilities", errno);
    }
    const auto join = [](uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; };
    return CapabilitySets{join(data[0].effective, data[1].effective),
                          join(data[0].permitted, data[1].permitted),
                          join(data[0].inheritable, data[1].inheritable)};
}

base::Result<void> writeCapabilities(const CapabilitySets& sets) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    for (unsigned half = 0; half < _LINUX_CAPABILITY_U32S_3; ++half) {
        data[half].effective = static_cast<uint32_t>(sets.effective >> (32 * half));
        data[half].permitted = static_cast<uint32_t>(sets.permitted >> (32 * half));
        data[half].inheritable = static_cast<uint32_t>(sets.inheritable >> (32 * half));
    }
    if (::syscall(SYS_capset, &header, data) != 0) {
        return base::failErrno("cannot give up capabilities", errno);
    }
    return {};
}

base::Result<void> setLimit(__rlimit_resource resource, uint64_t value, const char* name) {
    rlimit current{};
    if (::getrlimit(resource, &current) != 0) {
        return base::failErrno(base::cat("cannot read the limit ", name), errno);
    }
    const rlim_t wanted = std::min<rlim_t>(value, current.rlim_max);
    const rlimit limit{wanted, wanted};
    if (::setrlimit(resource, &limit) != 0) {
        return base::failErrno(base::cat("cannot set the limit ", name), errno);
    }
    return {};
}

}  // namespace

base::Result<void> forbidNewPrivileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return base::failErrno("cannot set no_new_privs", errno);
    }
    return {};
}

bool dropBounding(uint64_t keep) {
    for (int bit = 0; bit < kCapabilityBits; ++bit) {
        if ((keep >> bit & 1) == 0 && ::prctl(PR_CAPBSET_READ, bit, 0, 0, 0) == 1 &&
            ::prctl(PR_CAPBSET_DROP, bit, 0, 0, 0) != 0 && errno != EPERM) {
            return false;
        }
    }
    return true;
}

base::Result<void> keepOnlyCapabilities(std::span<const int> keep) {
    uint64_t kept = 0;
    for (const int capability : keep) {
        EVD_CHECK(capability >= 0 && capability < kCapabilityBits, "no such capability");
        kept |= uint64_t{1} << capability;
    }
    const auto held = readCapabilities();
    if (!held.ok()) {
        return held.error();
    }
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return base::failErrno("cannot clear the ambient capabilities", errno);
    }
    if (!dropBounding(kept)) {
        return base::failErrno("cannot drop capabilities from the bounding set", errno);
    }
    kept &= held.value().permitted;
    return writeCapabilities({kept, kept, 0});
}

base::Result<void> limitProcess(uint64_t fds_max, uint64_t data_bytes_max) {
    EVD_TRY(setLimit(RLIMIT_CORE, 0, "core"));
    EVD_TRY(setLimit(RLIMIT_DATA, data_bytes_max, "data"));
    return setLimit(RLIMIT_NOFILE, fds_max, "nofile");
}

base::Result<void> forbidInspection() {
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return base::failErrno("cannot forbid inspection", errno);
    }
    return {};
}

bool holdsCapabilities(std::span<const int> wanted) {
    const auto held = readCapabilities();
    return held.ok() && std::all_of(wanted.begin(), wanted.end(), [&](int capability) {
               return capability >= 0 && capability < kCapabilityBits &&
                      (held.value().effective >> capability & 1) != 0;
           });
}

base::Result<size_t> threadCount() {
    const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), &::closedir);
    if (!tasks) {
        return base::failErrno("cannot count the threads", errno);
    }
    size_t count = 0;
    while (const dirent* entry = ::readdir(tasks.get())) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    return count;
}

}  // namespace evd::sandbox
