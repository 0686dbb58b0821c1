#pragma once

#include "common/access/field_access.h"
#include "queryd/access/authority.h"

#include <span>

namespace evd::queryd {

// One question to an access check.
struct RecordQuestion {
    access::ObjectKind kind = access::ObjectKind::Events;
    std::string_view name;  // for whoever reads the audit trail (Spec §9.2)
    const access::ResolvedPattern& pattern;
    const access::FieldTree& tree;
};

// Who gives verdicts: the reference check here, a Peios kernel there.
//
// Asked by VerdictCache only, so never twice for what is still known. Any thread. Fails closed: a
// check that cannot be made is a verdict of nothing.
class AccessChecker {
  public:
    virtual ~AccessChecker() = default;
    virtual access::FieldVerdict check(const Caller& caller,
                                       const RecordQuestion& question) const = 0;
};

// Takes what the SACL of a descriptor wants told of a check that the caller has made (PSD-004
// §10.9). Any thread; never waits.
class AuditSink {
  public:
    virtual ~AuditSink() = default;
    virtual void tell(const Caller& caller, const RecordQuestion& question,
                      std::span<const access::AuditEvent> events) = 0;
};

// The reference check, on the caller's token. What is to be audited goes to the sink, which
// outlives the checker; without one nobody is told.
class ReferenceChecker final : public AccessChecker {
  public:
    explicit ReferenceChecker(AuditSink* sink = nullptr) : sink_(sink) {}

    access::FieldVerdict check(const Caller& caller, const RecordQuestion& question) const override;

  private:
    AuditSink* const sink_;
};

inline constexpr size_t kAuditContextBytesMax = 4096;  // of the kernel (peios-abi §3.8)

// What the audit trail knows a pattern by: `events:kacs.access_denied`, `logs:*` (Spec §9.2). The
// pattern and not the name that was looked at, because one verdict stands for all names under it.
// Cut off at kAuditContextBytesMax.
std::string auditContext(const RecordQuestion& question);

}  // namespace evd::queryd
