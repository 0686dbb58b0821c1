// The pipeline of PSD-004 §10.10. Numbers are its steps.
//
//    1,2  refuse what cannot be answered           answerable()
//    3    map the generic rights                   mapRequest()
//    4-6  privileges, integrity, trust             decideMandatory()
//    7-9  the walk with the token's own identity   ownView(), walkDacl()
//    10   take ownership                           takeOwnership()
//    11   the walk with the restricting SIDs       restrict()
//    12   the walk with the confinement            confine()
//    13   central policy: the recovery policy      applyRecoveryPolicy()
//    14   what privileges were used                privilegeUses()
//    15   what is to be audited                    audit()
//    16   the verdict                              checkAccess()
//
// Steps 11 to 13 only ever take rights away. Step 0, the dead session, is not in the kernel (D-23).

#include "common/access/access_check.h"

#include "common/access/well_known_sids.h"
#include "common/base/check.h"

namespace evd::access {

namespace {

// What one descriptor grants, before auditing (EvaluateSecurityDescriptor of §10.10).
struct Evaluation {
    MappedRequest request;
    WalkResult granted;
    uint32_t by_privilege = 0;
    PrivilegeGrants grants;
    SaclFacts facts;
};

base::Error invalid(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

base::Result<void> answerable(const SecurityDescriptor& descriptor, const Token& token) {
    if (token.write_restricted && !token.user_deny_only) {
        return invalid("a write-restricted token whose user is not deny-only");
    }
    if (!isIntegrityLevel(token.integrity)) {
        return invalid("a token of unknown integrity");
    }
    if (token.impersonation_level == ImpersonationLevel::Identification) {
        return base::fail(base::ErrorKind::Denied, "the token is for identification only");
    }
    if (!descriptor.owner) {
        return invalid("the security descriptor has no owner");
    }
    return {};
}

base::Result<MappedRequest> mapRequest(uint32_t desired, const GenericMapping& mapping) {
    const auto mapped = mapping.map(desired & ~kMaximumAllowed);
    if (!mapped.ok()) {
        return mapped.error();
    }
    return MappedRequest{mapped.value(), (desired & kMaximumAllowed) != 0,
                         mapping.mapKnown(kGenericAll)};
}

IdentityView ownView(const AccessQuestion& question, const SaclFacts& facts) {
    const Token& token = *question.token;
    IdentityView view;
    view.matches = [&token](const Sid& sid, Polarity polarity) {
        return matchesToken(token, sid, polarity);
    };
    view.owner = ownsAs(token, *question.descriptor->owner);
    view.self_sid = question.self_sid;
    view.conditions.token = &token;
    view.conditions.groups = &token.groups;
    view.conditions.device_groups = &token.device_groups;
    view.conditions.caller_is_owner = view.owner;
    view.conditions.self_sid = question.self_sid;
    view.conditions.resource_claims = facts.resource_claims;
    view.conditions.local_claims = question.local_claims;
    return view;
}

// A view in which a SID matches by being in a set, whatever its attributes and the polarity; owner
// and self are of it when they are in the set (§10.4, §10.6).
void narrowTo(IdentityView& view, const Sid& owner, std::function<bool(const Sid&)> contains) {
    view.owner = contains(owner);
    if (view.self_sid && !contains(*view.self_sid)) {
        view.self_sid.reset();
    }
    view.conditions.caller_is_owner = view.owner;
    view.conditions.self_sid = view.self_sid;
    view.conditions.self_matches = view.self_sid.has_value();
    view.conditions.device_sees_virtual_groups = true;
    view.matches = [contains = std::move(contains)](const Sid& sid, Polarity) {
        return contains(sid);
    };
}

IdentityView restrictedView(const AccessQuestion& question, const SaclFacts& facts) {
    const Token& token = *question.token;
    IdentityView view = ownView(question, facts);
    view.conditions.groups = &token.restricted_sids;
    view.conditions.groups_by_presence = true;
    view.conditions.device_groups = &token.restricted_device_groups;
    narrowTo(view, *question.descriptor->owner,
             [&token](const Sid& sid) { return isPresent(token.restricted_sids, sid); });
    return view;
}

// Conditions keep seeing the token's real groups here: the kernel does not narrow them, though the
// text of §10.6 does (Ruling V2, D-26).
IdentityView confinedView(const AccessQuestion& question, const SaclFacts& facts) {
    const Token& token = *question.token;
    IdentityView view = ownView(question, facts);
    view.owner_implicit = false;
    narrowTo(view, *question.descriptor->owner,
             [&token](const Sid& sid) { return inConfinement(token, sid); });
    return view;
}

// Applies `change(granted, other)` to root and nodes alike.
template <typename Change>
void mergeInto(WalkResult& result, const WalkResult& other, Change change) {
    result.root.granted = change(result.root.granted, other.root.granted);
    for (size_t index = 0; index < result.nodes.size(); ++index) {
        result.nodes[index].granted =
            change(result.nodes[index].granted, other.nodes[index].granted);
    }
}

// Step 10: a fallback that no rule can deny, but integrity and trust can.
void takeOwnership(Evaluation& evaluation, const MandatoryOutcome& mandatory) {
    const bool asked =
        (evaluation.request.desired & kWriteOwner) != 0 || evaluation.request.maximum;
    if (!asked || (mandatory.privileges & kTakeOwnershipPrivilege) == 0 ||
        (mandatory.mandatory & kWriteOwner) != 0 ||
        (evaluation.granted.root.granted & kWriteOwner) != 0) {
        return;
    }
    evaluation.granted.root.granted |= kWriteOwner;
    for (Decision& node : evaluation.granted.nodes) {
        node.granted |= kWriteOwner;
    }
    evaluation.grants.take_ownership = kWriteOwner;
    evaluation.by_privilege |= kWriteOwner;
}

// Step 11: what both passes agree on - of the writing rights only, when the token is restricted for
// writing - and then the privileges' rights again.
void restrict(Evaluation& evaluation, const AccessQuestion& question, ConditionBudget& budget) {
    const Token& token = *question.token;
    if (token.restricted_sids.empty() && token.restricted_device_groups.empty()) {
        return;
    }
    const WalkResult narrow =
        walkDacl(question.descriptor->dacl, restrictedView(question, evaluation.facts),
                 evaluation.request, question.mapping, question.tree, Decision{}, budget);
    const uint32_t limited =
        token.write_restricted ? question.mapping.mapKnown(kGenericWrite) : ~uint32_t{0};
    mergeInto(evaluation.granted, narrow, [&](uint32_t granted, uint32_t other) {
        return (granted & (other | ~limited)) | evaluation.by_privilege;
    });
}

// Step 12: no privilege gets past this.
void confine(Evaluation& evaluation, const AccessQuestion& question, ConditionBudget& budget) {
    if (!question.token->confinement_sid || question.token->confinement_exempt) {
        return;
    }
    const WalkResult narrow =
        walkDacl(question.descriptor->dacl, confinedView(question, evaluation.facts),
                 evaluation.request, question.mapping, question.tree, Decision{}, budget);
    mergeInto(evaluation.granted, narrow,
              [](uint32_t granted, uint32_t other) { return granted & other; });
}

base::Result<Evaluation> evaluate(const AccessQuestion& question, ConditionBudget& budget) {
    EVD_TRY(answerable(*question.descriptor, *question.token));
    const auto request = mapRequest(question.desired, question.mapping);
    if (!request.ok()) {
        return request.error();
    }
    auto facts = findSaclFacts(question.descriptor->sacl);
    if (!facts.ok()) {
        return facts.error();
    }
    Evaluation evaluation;
    evaluation.request = request.value();
    evaluation.facts = std::move(facts).value();
    const MandatoryOutcome mandatory =
        decideMandatory(*question.token, evaluation.facts, question.caller_trust, question.mapping,
                        evaluation.request, question.privilege_intent);
    evaluation.grants = mandatory.grants;
    evaluation.by_privilege = mandatory.by_privilege;
    evaluation.granted =
        walkDacl(question.descriptor->dacl, ownView(question, evaluation.facts), evaluation.request,
                 question.mapping, question.tree, mandatory.start, budget);
    takeOwnership(evaluation, mandatory);
    restrict(evaluation, question, budget);
    confine(evaluation, question, budget);
    evaluation.by_privilege &= evaluation.granted.root.granted;
    return evaluation;
}

Ace allowEverythingTo(const Sid& sid) {
    Ace ace;
    ace.mask = kGenericAll;
    ace.sid = sid;
    return ace;
}

// The object as a policy's rule sees it (§10.10, synthetic_sd): its DACL is the rule's, and no
// policy is named in its SACL.
SecurityDescriptor recoveryDescriptor(const SecurityDescriptor& original) {
    SecurityDescriptor descriptor = original;
    std::erase_if(descriptor.sacl->aces,
                  [](const Ace& ace) { return ace.type == kAceScopedPolicy; });
    descriptor.dacl = Acl{};
    descriptor.dacl->aces = {allowEverythingTo(sids::kAdministrators),
                             allowEverythingTo(sids::kSystem),
                             allowEverythingTo(sids::kOwnerRights)};
    return descriptor;
}

// Step 13, for policies nobody has told us (§10.8, recovery policy). However many are named, the
// answer is the same, and applying it once is applying it always. Intents are not passed on.
void applyRecoveryPolicy(Evaluation& evaluation, const AccessQuestion& question,
                         ConditionBudget& budget) {
    if (!evaluation.facts.has_policy) {
        return;
    }
    const SecurityDescriptor descriptor = recoveryDescriptor(*question.descriptor);
    AccessQuestion narrowed = question;
    narrowed.descriptor = &descriptor;
    narrowed.privilege_intent = 0;
    // A rule that cannot be evaluated denies all but what privileges grant (§10.8).
    WalkResult rule;
    rule.root.granted = evaluation.by_privilege;
    rule.nodes.assign(evaluation.granted.nodes.size(), rule.root);
    if (buildSecurityDescriptor(descriptor).ok()) {
        auto result = evaluate(narrowed, budget);
        if (result.ok()) {
            rule = std::move(result.value().granted);
        }
    }
    mergeInto(evaluation.granted, rule,
              [](uint32_t granted, uint32_t other) { return granted & other; });
}

// Step 14. Nothing is said about a caller who only explores what would be allowed.
std::vector<PrivilegeUse> privilegeUses(const Evaluation& evaluation, const Token& token) {
    const PrivilegeGrants& grants = evaluation.grants;
    uint32_t anywhere = evaluation.granted.root.granted;
    for (const Decision& node : evaluation.granted.nodes) {
        anywhere |= node.granted;
    }
    std::vector<PrivilegeUse> uses;
    const auto add = [&](uint64_t privilege, uint32_t brought) {
        const uint32_t requested = brought & evaluation.request.desired;
        if (requested == 0 || evaluation.request.maximum) {
            return;
        }
        const uint32_t surviving = requested & anywhere;
        const uint32_t wanted = surviving != 0 ? kAuditPrivilegeSuccess : kAuditPrivilegeFailure;
        uses.push_back({privilege, requested, surviving, (token.audit_policy & wanted) != 0});
    };
    add(kSecurityPrivilege, grants.security);
    add(kBackupPrivilege, grants.backup);
    add(kRestorePrivilege, grants.restore);
    add(kTakeOwnershipPrivilege, grants.take_ownership);
    add(kRelabelPrivilege, grants.relabel);
    return uses;
}

// Step 15, and 15b: the token's own policy asks whatever the SACL says.
base::Result<AuditOutcome> audit(const Evaluation& evaluation, const AccessQuestion& question,
                                 ConditionBudget& budget) {
    const uint32_t granted = evaluation.granted.root.granted;
    AuditOutcome outcome;
    if (question.descriptor->sacl) {
        IdentityView view = ownView(question, evaluation.facts);
        if (question.self_sid) {
            view.conditions.self_matches =
                matchesToken(*question.token, *question.self_sid, Polarity::Deny);
        }
        auto walked = walkSacl(*question.descriptor->sacl, view, evaluation.request, granted,
                               question.mapping, question.tree, budget);
        if (!walked.ok()) {
            return walked;
        }
        outcome = std::move(walked).value();
    }
    const bool success = evaluation.request.satisfiedBy(granted);
    const uint32_t wanted = success ? kAuditObjectSuccess : kAuditObjectFailure;
    if ((question.token->audit_policy & wanted) != 0) {
        outcome.events.push_back({std::nullopt, evaluation.request.desired, granted, success});
    }
    return outcome;
}

}  // namespace

base::Result<AccessVerdict> checkAccess(const AccessQuestion& question) {
    EVD_CHECK(question.descriptor != nullptr && question.token != nullptr,
              "a question names a descriptor and a token");
    ConditionBudget budget;
    auto evaluated = evaluate(question, budget);
    if (!evaluated.ok()) {
        return evaluated.error();
    }
    Evaluation& evaluation = evaluated.value();
    applyRecoveryPolicy(evaluation, question, budget);
    auto audited = audit(evaluation, question, budget);
    if (!audited.ok()) {
        return audited.error();
    }
    AccessVerdict verdict;
    verdict.granted = evaluation.granted.root.granted;
    verdict.allowed = evaluation.request.satisfiedBy(verdict.granted);
    for (const Decision& node : evaluation.granted.nodes) {
        verdict.nodes.push_back({node.granted, evaluation.request.satisfiedBy(node.granted)});
    }
    verdict.audit = std::move(audited.value().events);
    verdict.continuous_mask = audited.value().continuous_mask;
    verdict.privileges = privilegeUses(evaluation, *question.token);
    return verdict;
}

std::string_view errnoNameOf(const base::Error& error) {
    return error.kind == base::ErrorKind::Denied ? "EACCES" : "EINVAL";
}

}  // namespace evd::access
