#pragma once

#include "queryd/access/access_checker.h"

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::queryd {

inline constexpr std::string_view kAuditEventType = "access-audit";
// As many groups of the caller are told, the first ones; `group_count` says how many there are.
inline constexpr size_t kAuditGroupsMax = 256;
// Of the name that was looked at.
inline constexpr size_t kAuditNameBytesMax = 1024;

// The process that has made a check; itself, found before it was confined.
struct ProcessName {
    pid_t pid = 0;
    std::string name;
    std::string executable_path;
};
ProcessName ownProcessName();

// The payload of one access-audit event, as KACS emits them (PSD-004 §13.8), a msgpack map:
//
//    subject           {user_sid, group_sids, integrity_level, pip_type, pip_trust}
//    object_context    bytes: kind and pattern, `events:kacs`
//    requested_access  what was asked for: 1, EVENTD_READ
//    granted_access    what the root of the record got of it
//    success           whether that is all
//    trigger           {kind: "sacl", ace: bytes}, or {kind: "policy", ace: nil}
//    process           {pid, name, executable_path} of queryd
//    object_name       ours: kind and the name whose record led to the check, `events:kacs.x`
//    group_count       ours
//
// So who reads an audit trail reads the same on both kinds of machine. Below 64 KiB for any caller
// and any descriptor but one with a very large condition, whose ACE is then left out.
std::vector<uint8_t> auditPayload(const access::Token& token, const RecordQuestion& question,
                                  const access::AuditEvent& event, const ProcessName& process);

}  // namespace evd::queryd
