#pragma once

#include "common/access/access_mask.h"
#include "common/access/sacl_facts.h"
#include "common/access/token.h"

#include <cstdint>

namespace evd::access {

// The state of a right while it is being decided (PSD-004 §10.1): the first who decides a bit has
// the say, and granted bits are those decided in the caller's favour.
struct Decision {
    uint32_t decided = 0;
    uint32_t granted = 0;

    // Both return the bits that were still open.
    uint32_t grant(uint32_t bits) {
        const uint32_t open = deny(bits);
        granted |= open;
        return open;
    }
    uint32_t deny(uint32_t bits) {
        const uint32_t open = bits & ~decided;
        decided |= open;
        return open;
    }
    bool operator==(const Decision&) const = default;
};

// What the caller asked for, mapped (§10.10, step 3).
struct MappedRequest {
    uint32_t desired = 0;  // without MAXIMUM_ALLOWED
    bool maximum = false;  // MAXIMUM_ALLOWED was asked for
    uint32_t valid = 0;    // every right this kind of object has

    // The rights that rules may decide: never more than asked for, unless everything is.
    uint32_t relevant() const { return maximum ? valid : desired; }
    bool satisfiedBy(uint32_t granted) const { return (granted & desired) == desired; }
};

// Which rights each privilege brought (§10.10, "Privilege provenance tracking").
struct PrivilegeGrants {
    uint32_t security = 0;
    uint32_t backup = 0;
    uint32_t restore = 0;
    uint32_t take_ownership = 0;
    uint32_t relabel = 0;
};

inline constexpr uint32_t kBackupIntent = 0x1;
inline constexpr uint32_t kRestoreIntent = 0x2;

// What is settled before any rule of the DACL is read: privileges, mandatory integrity, and process
// trust (PSD-004 §10.10, steps 4 to 6).
struct MandatoryOutcome {
    uint64_t privileges = 0;    // in effect: backup and restore only where the caller means them
    Decision start;             // where the walk of the DACL begins
    uint32_t by_privilege = 0;  // granted bits that a privilege brought; they pass the restriction
    uint32_t mandatory = 0;     // bits that integrity or trust decided; no privilege undoes these
    PrivilegeGrants grants;
};

// Pure; never fails. `intent` holds kBackupIntent and kRestoreIntent.
MandatoryOutcome decideMandatory(const Token& token, const SaclFacts& facts,
                                 const ProcessTrust& caller, const GenericMapping& mapping,
                                 const MappedRequest& request, uint32_t intent);

}  // namespace evd::access
