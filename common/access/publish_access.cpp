#include "common/access/publish_access.h"

#include "common/access/access_check.h"
#include "common/access/field_access.h"

namespace evd::access {

bool mayPublish(const Token& token, ObjectKind kind, const ResolvedPattern& pattern) {
    if (pattern.answer != ResolvedPattern::Answer::Ask) {
        return pattern.answer == ResolvedPattern::Answer::Open;
    }
    // Sending has no fields; the tree is there so that a rule for one opens nothing (Ruling A1).
    const FieldTree tree(kind, std::span<const base::Guid>());
    AccessQuestion question;
    question.descriptor = &pattern.descriptor;
    question.token = &token;
    question.desired = kEventdPublish;
    question.mapping = kPublishMapping;
    question.tree = &tree.tree();
    question.local_claims = pattern.local_claims.claims();
    const auto verdict = checkAccess(question);
    return verdict.ok() && verdict.value().allowed;
}

bool isOpenToAll(const PatternTable& table, ObjectKind kind) {
    const auto rules = table.rules(kind);
    return rules.size() == 1 && rules.front()->answer == ResolvedPattern::Answer::Open;
}

}  // namespace evd::access
