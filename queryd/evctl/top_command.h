#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// `evctl top`: what comes in, what it fills and who works on it, drawn again every two seconds
// until q or Ctrl-C. --once, or an output that is no terminal: one picture. Asks over the rpc
// socket; who may not see the group's status is shown the rates of what they may see.
base::Result<void> runTop(const SessionContext& context);

}  // namespace evd::evctl
