#pragma once

#include "common/access/claims.h"
#include "common/access/condition_compare.h"
#include "common/access/token.h"
#include "common/access/tri_state.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::access {

// What a condition sees of the caller and the object: one of the three views of a check (PSD-004
// §10.2, §10.4, §10.6). Everything it points to outlives the evaluation.
struct ConditionContext {
    const Token* token = nullptr;
    // The groups of Member_of. In the restricted pass the restricting SIDs, by presence alone.
    const std::vector<SidAndAttributes>* groups = nullptr;
    bool groups_by_presence = false;
    const std::vector<SidAndAttributes>* device_groups = nullptr;
    // Whether Device_Member_of sees Owner Rights and Principal Self as well.
    bool device_sees_virtual_groups = false;
    bool caller_is_owner = false;
    std::optional<Sid> self_sid;
    // What Principal Self answers when the pass has decided that beforehand.
    std::optional<bool> self_matches;
    std::span<const Claim> resource_claims;
    std::span<const Claim> local_claims;
};

// Evaluates conditional bytecode (PSD-004 §3.8, §3.11) with three-valued logic.
//
// Takes away every doubt about a broken expression: whatever is malformed, too deep, or too much
// work is UNKNOWN, which lets an allow rule rest and a deny rule act. Called by the walks of DACL
// and SACL. Deny-only groups and claims count for denying and auditing, not for allowing. Pure; not
// for two threads with one budget.
TriState evaluateCondition(std::span<const uint8_t> bytecode, const ConditionContext& context,
                           Polarity polarity, ConditionBudget& budget);

}  // namespace evd::access
