#pragma once

#include "common/base/result.h"

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace evd::base {

// What is known of a process by the text of its /proc/PID/stat (proc(5)).
struct ProcStat {
    std::string name;  // any bytes but NUL: the process chooses them
    char state = 0;    // R, S, D, T and the like
    pid_t parent_pid = 0;
    uint64_t start_ticks = 0;  // clock ticks since boot; with the pid it identifies the process
};

// Pure. Because of the name, fields are counted behind the last parenthesis. Invalid for anything
// that the kernel does not write.
Result<ProcStat> parseProcStat(std::string_view text);

}  // namespace evd::base
