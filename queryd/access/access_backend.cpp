#include "queryd/access/access_backend.h"

#include "queryd/access/kernel_authority.h"

#include <utility>

namespace evd::queryd {

AccessBackend chooseAccessBackend(const KacsCalls& calls, access::UnixRoles roles,
                                  AuditSink& audit) {
    if (hasKacs(calls)) {
        return {makeKernelAuthority(calls), std::make_unique<KernelChecker>(calls),
                "callers by their kernel tokens, verdicts by the kernel"};
    }
    return {makeLocalAuthority(std::move(roles)), std::make_unique<ReferenceChecker>(&audit),
            "callers by their Unix credentials, verdicts by the reference check"};
}

}  // namespace evd::queryd
