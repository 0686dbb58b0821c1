#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// `evctl explain`: the plan of a question, what each of its steps read of each database and how
// long that took. The question is run for it; its answer is not shown.
base::Result<void> runExplain(const SessionContext& context);

}  // namespace evd::evctl
