#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>

namespace evd::supervisor {

class AuditRecords;

// Which system call a process was killed for, from what the kernel says of it: in its audit
// records, or else in its log, which leaves out what comes too fast. Nothing when we may read
// neither, or they do not say. Only asked after a death by SIGSYS.
std::optional<std::string> forbiddenCall(pid_t pid, AuditRecords& audit,
                                         const std::string& log_path = "/dev/kmsg");

// The number of the call in one record of the kernel's log, when it is about that process. Pure.
//
//    ... audit: type=1326 audit(...): auid=... pid=26126 comm="..." ... sig=31 ... syscall=41 ...
std::optional<int> callInRecord(std::string_view record, pid_t pid);
// The same in the text of an audit record, which begins with "audit(". Pure.
std::optional<int> callOfProcess(std::string_view text, pid_t pid);

}  // namespace evd::supervisor
