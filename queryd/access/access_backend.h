#pragma once

#include "common/access/unix_token.h"
#include "queryd/access/access_checker.h"
#include "queryd/access/authority.h"
#include "queryd/access/kacs_calls.h"

#include <memory>
#include <string_view>

namespace evd::queryd {

// Who says who is asking, and who says what they may see. The two belong together: a token of one
// means nothing to the other.
struct AccessBackend {
    std::unique_ptr<Authority> authority;
    std::unique_ptr<AccessChecker> checker;
    std::string_view description;  // for the log
};

// The kernel where it has KACS, which is asked once, here; else Unix credentials and the reference
// check, which tells `audit` what is to be audited. There is no setting: on a Peios kernel nobody
// may choose to believe Unix credentials, and elsewhere there is nothing to choose. Calls and sink
// outlive the backend.
AccessBackend chooseAccessBackend(const KacsCalls& calls, access::UnixRoles roles,
                                  AuditSink& audit);

}  // namespace evd::queryd
