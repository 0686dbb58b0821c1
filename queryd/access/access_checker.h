#pragma once

#include "common/access/field_access.h"
#include "queryd/access/authority.h"

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

// The reference check, on the caller's token.
class ReferenceChecker final : public AccessChecker {
  public:
    access::FieldVerdict check(const Caller& caller,
                               const RecordQuestion& question) const override {
        return caller.token == nullptr
                   ? access::FieldVerdict()
                   : access::checkFields(*caller.token, question.pattern, question.tree);
    }
};

}  // namespace evd::queryd
