#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>

namespace evd::test {

// What a program that was taken over tries next, and upon whom.
struct AttackTarget {
    pid_t supervisor = 0;
    pid_t sibling = 0;     // another program of the group
    std::string database;  // a shard of the event store
    std::string secret;    // a file that root alone may read
    std::string writable;  // a folder that everybody may write to
    std::string query_socket;
};

// One attempt by its name in docs/threat-model.md, made with plain system calls by the calling
// thread. What it returns is 0 when the attempt worked, else the error that it met; where the
// filter ends the process it does not return. -1 for a name that there is not.
int makeAttempt(std::string_view name, const AttackTarget& target);

}  // namespace evd::test
