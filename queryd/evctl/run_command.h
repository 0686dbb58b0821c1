#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

#include <string>
#include <string_view>

namespace evd::evctl {

// `evctl run [--origin NAME] -- COMMAND...`: runs a command and sends each line that it prints as a
// log record; answers the exit status that a shell would show for it.
//
// Lines of standard error are errors, each has the time at which it was read, and all carry one
// fresh job id, told on standard error at the end (--verbose, or on a terminal). What the command
// prints is passed through as it comes, unless --quiet; when our own reader has gone, so has the
// command's. INT, TERM and HUP are passed on, those of a terminal excepted, which reach the command
// by themselves. The command is never held up or failed for the sake of its logs: what eventd does
// not take is dropped, and said once. The run ends with the command, even if a process that it left
// behind still holds its output open. Uses waitpid for its own child only; one thread.
base::Result<int> runJob(const SessionContext& context);

// The last part of a command's path, as UTF-8; what the records are named when nobody says.
std::string originOf(std::string_view command);

}  // namespace evd::evctl
