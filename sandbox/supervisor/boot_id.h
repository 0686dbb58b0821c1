#pragma once

#include "common/base/guid.h"

#include <string>

namespace evd::supervisor {

inline constexpr const char* kKernelBootIdPath = "/proc/sys/kernel/random/boot_id";

// The id of this boot: the setting Linux\BootId when it is set, else the kernel's (peios-abi §5.4).
// Fails when neither is readable; the group cannot tell its boots apart then and must not start.
base::Result<base::Guid> readBootId(const std::string& setting,
                                    const std::string& kernel_path = kKernelBootIdPath);

}  // namespace evd::supervisor
