#include "common/access/audit_walk.h"

namespace evd::access {

namespace {

bool isAudit(uint8_t type) {
    return type == kAceAudit || type == kAceAuditObject || type == kAceAuditCallback ||
           type == kAceAuditCallbackObject;
}

bool isAlarm(uint8_t type) {
    return type == kAceAlarm || type == kAceAlarmObject || type == kAceAlarmCallback ||
           type == kAceAlarmCallbackObject;
}

// Whether the ACE is about this caller and, when it names a part, about a part that is asked for.
bool applies(const Ace& ace, const IdentityView& view, const ObjectTree* tree,
             ConditionBudget& budget) {
    if (!namesCaller(ace.sid, Polarity::Deny, view)) {
        return false;
    }
    if (tree != nullptr && ace.object_type && !tree->find(*ace.object_type)) {
        return false;
    }
    return !isConditionalAce(ace.type) ||
           evaluateCondition(ace.application_data, view.conditions, Polarity::Deny, budget) !=
               TriState::False;
}

bool wantsToBeTold(const Ace& ace, bool success) {
    return (ace.flags & (success ? kAceAuditSuccess : kAceAuditFailure)) != 0;
}

}  // namespace

base::Result<AuditOutcome> walkSacl(const Acl& sacl, const IdentityView& view,
                                    const MappedRequest& request, uint32_t granted,
                                    const GenericMapping& mapping, const ObjectTree* tree,
                                    ConditionBudget& budget) {
    AuditOutcome outcome;
    const bool success = request.satisfiedBy(granted);
    for (size_t index = 0; index < sacl.aces.size(); ++index) {
        const Ace& ace = sacl.aces[index];
        if (ace.inheritOnly()) {
            continue;
        }
        const auto mask = mapping.map(ace.mask);
        if (!mask.ok()) {
            return mask.error();
        }
        if (isAlarm(ace.type) && applies(ace, view, tree, budget)) {
            outcome.continuous_mask |= mask.value();
        }
        if (isAudit(ace.type) && wantsToBeTold(ace, success) &&
            (mask.value() & request.desired) != 0 && applies(ace, view, tree, budget)) {
            outcome.events.push_back({index, request.desired, granted, success});
        }
    }
    return outcome;
}

}  // namespace evd::access
