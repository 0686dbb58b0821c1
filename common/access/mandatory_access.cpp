#include "common/access/mandatory_access.h"

namespace evd::access {

namespace {

// Step 4: a caller who does not say that this is a backup does not use the privilege for one.
uint64_t privilegesInEffect(uint64_t enabled, uint32_t intent) {
    if ((intent & kBackupIntent) == 0) {
        enabled &= ~kBackupPrivilege;
    }
    if ((intent & kRestoreIntent) == 0) {
        enabled &= ~kRestorePrivilege;
    }
    return enabled;
}

// Step 5. ACCESS_SYSTEM_SECURITY is decided here for good: no ACE ever grants it.
void grantByPrivilege(MandatoryOutcome& outcome, const GenericMapping& mapping) {
    outcome.start.decided = kAccessSystemSecurity;
    if ((outcome.privileges & kSecurityPrivilege) != 0) {
        outcome.grants.security = kAccessSystemSecurity;
    }
    if ((outcome.privileges & kBackupPrivilege) != 0) {
        outcome.grants.backup = mapping.mapKnown(kGenericRead);
    }
    if ((outcome.privileges & kRestorePrivilege) != 0) {
        outcome.grants.restore = mapping.mapKnown(kGenericWrite) | kWriteDac | kWriteOwner |
                                 kDelete | kAccessSystemSecurity;
    }
    outcome.by_privilege = outcome.grants.security | outcome.grants.backup | outcome.grants.restore;
    outcome.start.decided |= outcome.by_privilege;
    outcome.start.granted = outcome.by_privilege;
}

// Spec §10.3. Mandatory integrity limits what the DACL can grant; what a privilege has granted
// stays. READ_CONTROL and SYNCHRONIZE are allowed only where the mapping says so: the kernel knows
// no exception for them (Ruling V2, D-25).
void enforceIntegrity(MandatoryOutcome& outcome, const Token& token, const MandatoryLabel& label,
                      const GenericMapping& mapping, uint32_t valid) {
    if ((token.mandatory_policy & kPolicyNoWriteUp) == 0 || token.integrity >= label.level) {
        return;
    }
    uint32_t allowed = mapping.mapKnown(kGenericRead) | mapping.mapKnown(kGenericExecute);
    if ((label.mask & kLabelNoReadUp) != 0) {
        allowed &= ~mapping.mapKnown(kGenericRead);
    }
    if ((label.mask & kLabelNoWriteUp) != 0) {
        allowed &= ~mapping.mapKnown(kGenericWrite);
    }
    if ((label.mask & kLabelNoExecuteUp) != 0) {
        allowed &= ~mapping.mapKnown(kGenericExecute);
    }
    if ((outcome.privileges & kRelabelPrivilege) != 0) {
        allowed |= kWriteOwner;
        outcome.grants.relabel = kWriteOwner;
    }
    const uint32_t blocked = valid & ~allowed;
    outcome.start.decided |= blocked;
    outcome.mandatory |= blocked;
}

// Spec §10.7. Unlike integrity, trust takes back what privileges have granted.
void enforceTrust(MandatoryOutcome& outcome, const TrustLabel& label, const ProcessTrust& caller,
                  const GenericMapping& mapping, uint32_t valid) {
    if (caller.dominates(label.required)) {
        return;
    }
    const uint32_t blocked = (valid | kAccessSystemSecurity) & ~mapping.mapKnown(label.mask);
    outcome.start.decided |= blocked;
    outcome.start.granted &= ~blocked;
    outcome.by_privilege &= ~blocked;
    outcome.mandatory |= blocked;
}

}  // namespace

MandatoryOutcome decideMandatory(const Token& token, const SaclFacts& facts,
                                 const ProcessTrust& caller, const GenericMapping& mapping,
                                 const MappedRequest& request, uint32_t intent) {
    MandatoryOutcome outcome;
    outcome.privileges = privilegesInEffect(token.privileges, intent);
    grantByPrivilege(outcome, mapping);
    enforceIntegrity(outcome, token, facts.label, mapping, request.valid);
    if (facts.trust) {
        enforceTrust(outcome, *facts.trust, caller, mapping, request.valid);
    }
    return outcome;
}

}  // namespace evd::access
