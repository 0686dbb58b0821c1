#pragma once

#include "common/access/kacs_check.h"
#include "common/base/result.h"
#include "queryd/evctl/what_if/what_if_judge.h"

#include <cstdint>
#include <span>

namespace evd::evctl {

// The part of a Peios kernel that answers what-if questions (PSD-004 §13.1). Calls fail with a
// negative errno; tests can be a kernel. One thread.
class WhatIfKernel {
  public:
    virtual ~WhatIfKernel() = default;
    // kacs_create_token (1003): a descriptor of the token that tokenSpecOf() describes.
    virtual int createToken(std::span<const uint8_t> spec) const = 0;
    // kacs_access_check (1023): what is granted; with -EACCES too it is where granted_out points.
    virtual int64_t accessCheck(const access::KacsCheckArguments& arguments) const = 0;
    // kacs_access_check_list (1024): 0, and a verdict for each node of the tree.
    virtual int accessCheckList(const access::KacsCheckArguments& arguments,
                                std::span<access::KacsNodeResult> results) const = 0;
};

const WhatIfKernel& thisKernel();

// Asks a kernel (contracts §8): makes the token, checks with it, and lets go of it. What the
// descriptor wants audited is audited, as in every check. The kernel outlives the judge.
//
// Unsupported where there is no KACS; Denied where it does not let us make tokens, which takes
// SeCreateTokenPrivilege. Both with a sentence that says what to do.
base::Result<WhatIfJudge> kernelJudge(const WhatIfKernel& kernel);

}  // namespace evd::evctl
