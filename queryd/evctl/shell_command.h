#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"
#include "queryd/evctl/socket_search.h"

#include <functional>
#include <string>

namespace evd::evctl {

// Runs what was typed, complaining on standard error if need be; the exit status.
using RunTyped = std::function<int(Arguments& arguments)>;

// `evctl` with nothing else, on a terminal: questions and commands line by line, with editing,
// history ($XDG_STATE_HOME/evctl/history, else below ~/.local/state) and completion from the live
// store.
//
// Each one runs in a process of its own, forked from this one, so that Ctrl-C ends a question
// and not the session, and nothing of an answer stays. Ends with quit, exit, \q or Ctrl-D.
base::Result<void> runShell(const SessionContext& context, const Environment& environment,
                            const RunTyped& run_typed);

// Where the history is kept; "" when there is no home. Pure.
std::string historyPath(const Environment& environment);

}  // namespace evd::evctl
