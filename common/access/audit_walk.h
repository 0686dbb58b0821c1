#pragma once

#include "common/access/dacl_walk.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::access {

// One event that a check asks for (PSD-004 §10.9). Without an ACE it was the token's own audit
// policy that asked.
struct AuditEvent {
    std::optional<size_t> ace;  // its place in the SACL
    uint32_t requested = 0;
    uint32_t granted = 0;
    bool success = false;

    bool operator==(const AuditEvent&) const = default;
};

struct AuditOutcome {
    std::vector<AuditEvent> events;
    uint32_t continuous_mask = 0;  // what alarm ACEs want told about every single use
};

// Decides what of a finished check is to be told (PSD-004 §10.9, §10.10 step 15). It never changes
// what was granted. SIDs match as widely as they can, with deny polarity, and doubt about a
// condition counts as a yes.
//
// Invalid when an ACE that applies has reserved bits in its mask; a mandatory label can have them
// and still parse, and then the check fails here (Ruling V2, D-8). `view` is the token's own.
base::Result<AuditOutcome> walkSacl(const Acl& sacl, const IdentityView& view,
                                    const MappedRequest& request, uint32_t granted,
                                    const GenericMapping& mapping, const ObjectTree* tree,
                                    ConditionBudget& budget);

}  // namespace evd::access
