#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>

namespace evd::supervisor {

// Which system call a process was killed for, from what the kernel says of it in its log; nothing
// when we may not read that, or it does not say. Only asked after a death by SIGSYS.
std::optional<std::string> forbiddenCall(pid_t pid, const std::string& log_path = "/dev/kmsg");

// The number of the call in one record of the kernel's log, when it is about that process. Pure.
//
//    ... audit: type=1326 audit(...): auid=... pid=26126 comm="..." ... sig=31 ... syscall=41 ...
std::optional<int> callInRecord(std::string_view record, pid_t pid);

}  // namespace evd::supervisor
