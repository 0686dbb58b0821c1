#pragma once

#include "queryd/evctl/import/import_parser.h"

#include <cstddef>
#include <memory>

namespace evd::evctl {

inline constexpr size_t kAuditOpenMax = 64;                     // events whose end has not come
inline constexpr size_t kAuditEventRecordsMax = 1'024;          // of one event
inline constexpr size_t kAuditEventBytesMax = size_t{1} << 20;  // of its lines
inline constexpr int64_t kAuditPatienceNs = 2'000'000'000;      // as auditd's own tools wait

// auditd's log, /var/log/audit/audit.log, as events (audit_event.h).
//
// Records of one event have the same id and may stand between those of others. An event is whole
// when EOE says so, when records come that are kAuditPatienceNs younger, when more than
// kAuditOpenMax are open, or when the file ends. Records beyond the limits of an event are not
// understood.
std::unique_ptr<ImportParser> makeAuditLogParser(ImportReport& report, ImportSink& sink);

}  // namespace evd::evctl
