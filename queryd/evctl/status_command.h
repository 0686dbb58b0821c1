#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// `evctl status`: asks over the rpc socket; --watch shows it again every second until interrupted.
base::Result<void> runStatus(const SessionContext& context);

}  // namespace evd::evctl
