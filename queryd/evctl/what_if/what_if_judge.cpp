#include "queryd/evctl/what_if/what_if_judge.h"

#include "common/access/local_claims.h"

#include <utility>

namespace evd::evctl {

namespace {

using access::ClaimSet;
using base::Result;

Result<access::Token> tokenOf(const WhatIfQuestion& question) {
    access::Token token = question.token;
    auto user_claims = ClaimSet::parse(question.user_claims);
    auto device_claims = ClaimSet::parse(question.device_claims);
    if (!user_claims.ok() || !device_claims.ok()) {
        return user_claims.ok() ? device_claims.error() : user_claims.error();
    }
    token.user_claims = std::move(user_claims).value();
    token.device_claims = std::move(device_claims).value();
    return token;
}

Result<std::optional<access::ObjectTree>> treeOf(const WhatIfQuestion& question) {
    if (!question.tree) {
        return std::optional<access::ObjectTree>();
    }
    auto tree = access::ObjectTree::make(*question.tree);
    if (!tree.ok()) {
        return tree.error();
    }
    return std::optional<access::ObjectTree>(std::move(tree).value());
}

Result<ClaimSet> localClaimsOf(const WhatIfQuestion& question) {
    if (question.local_claims.size() > access::kLocalClaimsBytesMax) {
        return base::fail(base::ErrorKind::Invalid, "too many bytes of local claims");
    }
    return ClaimSet::parse(question.local_claims);
}

Result<access::AccessVerdict> check(const WhatIfQuestion& question) {
    const auto descriptor = access::parseSecurityDescriptor(question.descriptor);
    const auto token = tokenOf(question);
    const auto tree = treeOf(question);
    const auto local_claims = localClaimsOf(question);
    if (!descriptor.ok() || !token.ok() || !tree.ok() || !local_claims.ok()) {
        return base::fail(base::ErrorKind::Invalid, "malformed");
    }
    access::AccessQuestion asked;
    asked.descriptor = &descriptor.value();
    asked.token = &token.value();
    asked.desired = question.desired;
    asked.mapping = question.mapping;
    asked.tree = tree.value() ? &*tree.value() : nullptr;
    asked.self_sid = question.self_sid;
    asked.local_claims = local_claims.value().claims();
    asked.privilege_intent = question.privilege_intent;
    asked.caller_trust = question.caller_trust;
    return access::checkAccess(asked);
}

}  // namespace

WhatIfAnswer askReference(const WhatIfQuestion& question) {
    auto verdict = check(question);
    WhatIfAnswer answer;
    if (!verdict.ok()) {
        answer.refusal = access::errnoNameOf(verdict.error());
        return answer;
    }
    answer.granted = verdict.value().granted;
    answer.allowed = verdict.value().allowed;
    answer.nodes = std::move(verdict.value().nodes);
    return answer;
}

}  // namespace evd::evctl
