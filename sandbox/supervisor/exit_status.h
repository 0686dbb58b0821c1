#pragma once

#include <string>

namespace evd::supervisor {

// How a process ended, from its wait status, for a person: "exited with status 1", "was killed by
// signal 9 (KILL)", "made a forbidden system call". Pure.
std::string describeExit(int wait_status);

}  // namespace evd::supervisor
