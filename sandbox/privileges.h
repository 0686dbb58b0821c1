#pragma once

#include "common/base/result.h"

#include <sys/types.h>
#include <cstdint>
#include <span>

namespace evd::sandbox {

// The privileges of the calling thread, and of everything it makes. Each step is for good.
// All fail with Io and the name of the step; a process that cannot give something up must end.

// No program that is executed later gains anything by being executed.
base::Result<void> forbidNewPrivileges();

// Leaves only these CAP_* numbers, as far as they are held, in the effective and permitted sets,
// and nothing in the inheritable, ambient and (where we may) bounding sets.
base::Result<void> keepOnlyCapabilities(std::span<const int> keep);

// The bounding set alone, of which the capabilities of the mask `keep` stay. Where that may not be
// done (without CAP_SETPCAP) it stays as it is, which no_new_privs has made meaningless. False,
// with errno, when it fails otherwise. System calls only, so that it may be called between fork and
// exec.
bool dropBounding(uint64_t keep);

// No core dumps, at most fds_max descriptors, at most data_bytes_max of memory that can be written
// to (RLIMIT_DATA; shared mappings do not count).
base::Result<void> limitProcess(uint64_t fds_max, uint64_t data_bytes_max);
// No attaching by other processes of the same user.
base::Result<void> forbidInspection();

// Whether all of these CAP_* numbers are in force now.
bool holdsCapabilities(std::span<const int> wanted);

// How many threads this process has.
base::Result<size_t> threadCount();

}  // namespace evd::sandbox
