#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// Runs the command that was typed; the exit status it ends with, or why it failed. Commands that
// need no sockets (help, version) are main's.
base::Result<int> runCommand(const SessionContext& context);

// The exit status of a failed command: a record that no receiver would take is a mistake in what
// was typed, and so is its status. Pure.
int failureStatus(const Arguments& arguments, base::ErrorKind kind);

}  // namespace evd::evctl
