#pragma once

#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/socket_search.h"

namespace evd::evctl {

// Does what was typed, from the command line or in the shell, on the process's standard streams,
// and complains on standard error if it cannot; the exit status. Colours are taken back where the
// environment does not want them. SIGPIPE must be ignored, and the locale set.
int perform(Arguments& arguments, const Environment& environment);

}  // namespace evd::evctl
