#pragma once

#include <cstdint>
#include <string>

namespace evd::bench {

// A log of auditd's as it would be, for those who read such logs.
//
// 200 events a second for 1,000 seconds, of 20 types: half of them programs that are started, files
// that are opened and connections that are made, as rules with nine keys watch them, by 4,000
// processes; the others what PAM, sshd, sudo, cron and systemd tell. The records of an event are
// those that a kernel writes. Made by number, without chance: the same log every time.
inline constexpr uint64_t kAuditEvents = 200'000;
inline constexpr uint64_t kAuditEventsPerSecond = 200;
inline constexpr int64_t kAuditBeginSeconds = 1'700'000'000;

void writeAuditLog(const std::string& path);

}  // namespace evd::bench
