#pragma once

#include "common/config/settings.h"

#include "common/base/result.h"

#include <string>

namespace evd::config {

// What `--state DIR` supplies below every registry file (contracts §2): every required path. The
// folder is made absolute; it need not exist. Invalid when a socket path would not fit.
base::Result<Settings> embeddedPaths(const std::string& state_folder);

}  // namespace evd::config
