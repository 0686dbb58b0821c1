#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::collector {

// What the kernel's process connector tells about a process. Which fields count depends on the
// kind.
struct ProcessEvent {
    enum class Kind { Fork, Exec, Exit, Uid, Gid, Comm };
    Kind kind = Kind::Fork;
    pid_t pid = 0;
    pid_t parent_pid = 0;  // Fork
    int wait_status = 0;   // Exit: as wait(2) gives it
    uint32_t real_id = 0;  // Uid, Gid
    uint32_t effective_id = 0;
    std::string name;  // Comm: the new name
};

// Reads what one receive on the process connector gave: netlink messages, each with one connector
// message, each with one event.
//
//     | nlmsghdr | cn_msg: idx 1, val 1, ..., len | proc_event: what, cpu, timestamp, union |
//
// The bytes come from the kernel (the caller has checked the sender), but are parsed as strictly as
// any others: every length is checked against what is there, and what is not understood is passed
// over. Threads are no processes: an event whose thread id is not its process id is left out. Pure.
std::vector<ProcessEvent> parseConnectorBytes(std::span<const uint8_t> bytes);

}  // namespace evd::collector
