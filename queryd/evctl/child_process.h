#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <sys/types.h>
#include <csignal>
#include <string>
#include <vector>

namespace evd::evctl {

// What a shell answers for commands that did not begin, and for those that a signal ended.
inline constexpr int kStatusNotExecutable = 126;
inline constexpr int kStatusNotFound = 127;
inline constexpr int kStatusSignalled = 128;  // and the signal's number

struct ChildProcess {
    pid_t pid = -1;
    base::Fd output;  // what it writes to its standard output and error; non-blocking
    base::Fd errors;
};

// Starts a command found by $PATH, with our standard input, pipes for the rest, the signal mask
// given and SIGPIPE as usual. It stays in our process group, so that a terminal's Ctrl-C reaches
// it. NotFound when there is no such command, Denied when it cannot be executed; both come from the
// child's exec itself, so a command either begins or is reported here.
base::Result<ChildProcess> startChild(const std::vector<std::string>& command,
                                      const sigset_t& signal_mask);

// The status of wait() as a shell would show it.
int shellStatus(int wait_status);

}  // namespace evd::evctl
