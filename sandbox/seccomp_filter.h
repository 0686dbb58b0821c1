#pragma once

#include "sandbox/profiles/profile.h"

#include "common/base/result.h"

#include <span>
#include <string>

namespace evd::sandbox {

enum class FilterMode { Kill, Log };

// Turns a profile into a seccomp filter and puts the whole process under it, for good.
//
// The only file that knows libseccomp. A call outside the profile kills the process (all threads,
// SIGSYS); in Log mode it is written to the kernel's log and let through. Calls of a foreign
// architecture (32 bit) kill always. A name that this architecture does not have is passed over.
// no_new_privs must be set. Fails when the kernel has no seccomp.
base::Result<void> installFilter(std::span<const CallRule> rules, FilterMode mode);

// The name of a system call of this machine by its number, or the number as text.
std::string callName(int number);

}  // namespace evd::sandbox
