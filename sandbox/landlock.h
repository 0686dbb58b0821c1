#pragma once

#include "sandbox/confine.h"

#include "common/base/result.h"

#include <span>

namespace evd::sandbox {

// Closes every file but those below the given paths to the calling thread and all that it makes.
//
// By raw system calls, with the newest rights the kernel knows: beside files these are binding and
// connecting TCP ports, device controls, abstract sockets and signals to processes outside. Nobody
// may execute, and a read-write folder takes plain files and folders only. Open descriptors keep
// working. Unsupported on a kernel without Landlock; Io when a path is not there.
base::Result<void> restrictPaths(std::span<const PathRule> rules);

// The version of the kernel's Landlock; 0 for none.
int landlockVersion();

}  // namespace evd::sandbox
