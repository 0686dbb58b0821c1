#pragma once

#include "common/base/result.h"

#include <string_view>

namespace evd::supervisor {

// Where events come from (contracts §3, Linux\KmesBackend).
enum class KmesBackend { Kernel, Builtin, Socket };

// Whether this kernel knows kmes_attach (syscall 1091), whatever it would answer to us.
bool kernelHasKmes();

// What a valid setting means on this kernel. Unsupported when the kernel's rings are asked for by
// name and are not there. Pure.
base::Result<KmesBackend> chooseBackend(std::string_view setting, bool kernel_has_kmes);

}  // namespace evd::supervisor
