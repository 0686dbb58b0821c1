#pragma once

#include "queryd/evctl/import/audit_line.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::evctl {

// An audit event put together from its records, as the event that eventd will hold.
//
//      audit.<type of the first record, in small letters>
//      {time: ns, serial: n, node?: text, <type>: {fields}, path: [{...}, ...], ...}
//
// Each record is a map under its type. Types of which an event has one per object (PATH, AVC,
// OBJ_PID) are always an array. EXECVE becomes {argc, argv: [...]}, however many records its
// arguments needed. A second record of another type is called `<type>_2`. `time` is when auditd
// says it happened: KMES stamps the event itself with the time of the import. A value.
struct AuditEvent {
    std::string type;
    std::vector<uint8_t> payload;
};

// The records are of one id, in the order of the file; at least one. Pure.
AuditEvent makeAuditEvent(const std::vector<AuditLine>& records);

}  // namespace evd::evctl
