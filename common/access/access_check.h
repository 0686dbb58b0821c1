#pragma once

#include "common/access/access_mask.h"
#include "common/access/audit_walk.h"
#include "common/access/object_tree.h"
#include "common/access/sacl_facts.h"
#include "common/access/security_descriptor.h"
#include "common/access/token.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace evd::access {

// A question to the access check. What the pointers point to outlives the call.
struct AccessQuestion {
    const SecurityDescriptor* descriptor = nullptr;
    const Token* token = nullptr;
    uint32_t desired = 0;  // may hold generic rights and MAXIMUM_ALLOWED
    GenericMapping mapping = kEventdMapping;
    // Without a tree a rule for one field is about the whole: eventd always asks with one (Ruling
    // A1).
    const ObjectTree* tree = nullptr;     // or null
    std::optional<Sid> self_sid;          // whom Principal Self stands for
    std::span<const Claim> local_claims;  // the @Local of conditions
    uint32_t privilege_intent = 0;        // kBackupIntent, kRestoreIntent: what this is done for
    // Of the calling process, not of the token (PSD-004 §8.1).
    ProcessTrust caller_trust;
};

struct NodeVerdict {
    uint32_t granted = 0;
    bool allowed = false;

    bool operator==(const NodeVerdict&) const = default;
};

// A privilege that brought requested rights, and what the token's audit policy wants told (§10.10,
// step 14). `surviving` is zero when the rights were taken away again.
struct PrivilegeUse {
    uint64_t privilege = 0;
    uint32_t requested = 0;
    uint32_t surviving = 0;
    bool told = false;

    bool operator==(const PrivilegeUse&) const = default;
};

struct AccessVerdict {
    uint32_t granted = 0;            // with a tree: of its root
    bool allowed = false;            // everything asked for is granted
    std::vector<NodeVerdict> nodes;  // in the order of the tree; empty without one
    std::vector<AuditEvent> audit;
    std::vector<PrivilegeUse> privileges;
    uint32_t continuous_mask = 0;
};

// The reference AccessCheck: which of the requested rights does this token have on this object?
// (PSD-004 §10, the pipeline of §10.10, whose steps the source names one by one.)
//
// It gives the verdict, and fails as, kacs_access_check_list does with a tree and kacs_access_check
// without one, for the same token and descriptor; where the text of PSD-004 and the kernel differ
// we follow the kernel (Ruling V2) and say so at the place. So a machine without a Peios kernel
// decides as one with it would (Ruling A8), and a descriptor can be tried before it is installed.
//
// Any thread, no state, no I/O; auditing is decided, not done. Central policies (§10.8) are pushed
// into a kernel; here there are none, so a descriptor that names one gets the recovery policy, as
// it would from a kernel that does not have it. Time is bounded by ConditionBudget and the limits
// of descriptor and tree. Invalid (EINVAL) for a question that makes no sense: no owner, reserved
// bits asked for, a label with a foreign SID, a write-restricted token whose user is not deny-only.
// Denied (EACCES) for a token at identification level. A caller fails closed on both.
base::Result<AccessVerdict> checkAccess(const AccessQuestion& question);

// The errno a kernel would have given for a failed check: EINVAL or EACCES.
std::string_view errnoNameOf(const base::Error& error);

}  // namespace evd::access
