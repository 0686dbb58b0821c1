#pragma once

#include "common/access/condition.h"
#include "common/access/mandatory_access.h"
#include "common/access/object_tree.h"
#include "common/access/security_descriptor.h"

#include <functional>
#include <vector>

namespace evd::access {

// One view of the caller: the token's own, the restricting SIDs', or the confinement's. The rules
// are the same for all three; what differs is which SIDs are the caller's, who counts as the owner,
// and what conditions see. What the view points to outlives it.
struct IdentityView {
    std::function<bool(const Sid&, Polarity)> matches;
    bool owner = false;           // the view owns the object
    bool owner_implicit = true;   // and is given what owners are given without a rule
    std::optional<Sid> self_sid;  // whom Principal Self stands for
    ConditionContext conditions;
};

// The state after a walk: of the whole object, and of each node when there is a tree.
struct WalkResult {
    Decision root;
    std::vector<Decision> nodes;
};

// Whether the SID of an ACE names the caller, the two stand-ins included (PSD-004 §10.2, §10.5).
bool namesCaller(const Sid& sid, Polarity polarity, const IdentityView& view);

// Reads a DACL from first to last and lets the first rule that decides a bit have the say (PSD-004
// §10.2, §10.5).
//
// The one place where rules become rights; the check calls it once for each view of the caller.
// `tree` may be null; then object ACEs act on the whole object (§10.5). An absent DACL grants what
// is still undecided. Takes time in proportion to ACEs times nodes, and what conditions cost. Pure,
// never fails: the masks were checked when the descriptor was parsed.
WalkResult walkDacl(const std::optional<Acl>& dacl, const IdentityView& view,
                    const MappedRequest& request, const GenericMapping& mapping,
                    const ObjectTree* tree, Decision start, ConditionBudget& budget);

}  // namespace evd::access
