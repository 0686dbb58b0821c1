#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::sandbox {

enum class Role { Collector, Kmesd, Sensor, Ingest, Store, Queryd, Evctl };

enum class PathAccess { Read, ReadWrite };

// A folder or file that Landlock leaves open; everything else is closed.
struct PathRule {
    std::string path;
    PathAccess access = PathAccess::Read;
};

struct Confinement {
    Role role = Role::Collector;
    std::vector<PathRule> paths;         // must exist when confine() is called
    std::vector<int> keep_capabilities;  // CAP_* numbers; all others are dropped from every set
    uint64_t fds_max = 1024;             // RLIMIT_NOFILE
    // Leaves Landlock out. Under it no process outside may be looked into, which takes away
    // /proc/<pid>/exe whatever capability is kept (CAP_SYS_PTRACE is needed besides). The price: a
    // process that is taken over may open for reading what its user may.
    bool sees_other_processes = false;
};

// Puts the process into its jail, for good: no_new_privs, capabilities dropped, rlimits (no core
// dumps), not dumpable, Landlock over `paths`, and the role's seccomp allow-list
// (sandbox/profiles).
//
// Every main calls it once, before its first foreign byte and before it makes a thread (Landlock
// binds the calling thread and what it starts). Without seccomp it fails and the process must end;
// without Landlock (old kernel) it warns once and goes on. A call outside the profile kills the
// process and the supervisor names the call. EVENTD_SECCOMP=log logs instead of killing (for
// finding new library calls; never in installed units).
base::Result<void> confine(const Confinement& confinement);

}  // namespace evd::sandbox
