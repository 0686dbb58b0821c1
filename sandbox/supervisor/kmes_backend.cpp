#include "sandbox/supervisor/kmes_backend.h"

#include "common/base/fd.h"

#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <limits>

namespace evd::supervisor {

namespace {

constexpr long kKmesAttach = 1091;  // peios-abi §1.1

}  // namespace

bool kernelHasKmes() {
    // No machine has this cpu, so a kernel that knows the call refuses it.
    uint64_t capacity = 0;
    const long outcome = ::syscall(kKmesAttach, std::numeric_limits<uint32_t>::max(), &capacity);
    if (outcome >= 0) {
        const base::Fd unexpected(static_cast<int>(outcome));
        return true;
    }
    return errno != ENOSYS;
}

base::Result<KmesBackend> chooseBackend(std::string_view setting, bool kernel_has_kmes) {
    if (setting == "builtin") {
        return KmesBackend::Builtin;
    }
    if (setting == "socket") {
        return KmesBackend::Socket;
    }
    if (kernel_has_kmes) {
        return KmesBackend::Kernel;
    }
    if (setting == "kernel") {
        return base::fail(base::ErrorKind::Unsupported,
                          "Linux\\KmesBackend is kernel, but this kernel has no KMES");
    }
    return KmesBackend::Builtin;
}

}  // namespace evd::supervisor
