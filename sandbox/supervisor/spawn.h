#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "sandbox/supervisor/birth.h"

#include <sys/types.h>
#include <string>
#include <string_view>

namespace evd::supervisor {

struct Spawned {
    pid_t pid = -1;
    base::Fd control;  // our end of the control connection
    base::Fd output;   // what it writes to its stderr can be read here
};

// The folder of our own binary; the programs of the group lie in it.
base::Result<std::string> programFolder();

// Starts a program of the group: fork, and exec at once.
//
// The child holds a pipe to us as stderr (stdout too goes there), an empty stdin and the control
// connection as descriptor ipc::kControlFd, and nothing else. It has a session of its own, so that
// Ctrl-C at a terminal reaches the supervisor alone; no blocked signals; and it is killed with
// SIGKILL when the supervisor dies. What is meant for the supervisor (NOTIFY_SOCKET and its kin) is
// taken out of its environment. Between fork and exec it takes the place that `birth` describes:
// the user, what it sees. NotFound when there is no such program; a failing exec ends the child
// with 127, a place that cannot be taken with 126.
base::Result<Spawned> spawnProgram(const std::string& folder, std::string_view name,
                                   const Birth& birth);

inline constexpr int kExecFailedStatus = 127;
inline constexpr int kNoPlaceStatus = 126;

}  // namespace evd::supervisor
