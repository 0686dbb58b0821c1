#pragma once

#include "common/access/claims.h"
#include "common/access/security_descriptor.h"
#include "common/access/token.h"

#include <optional>
#include <vector>

namespace evd::access {

// Bits of the mask of a mandatory label (PSD-004 §10.3). Peios numbers the first two the other way
// round than Windows does (peios-abi D-14).
inline constexpr uint32_t kLabelNoReadUp = 0x1;
inline constexpr uint32_t kLabelNoWriteUp = 0x2;
inline constexpr uint32_t kLabelNoExecuteUp = 0x4;

// How trustworthy an object is (§10.3); the default is that of an object without a label.
struct MandatoryLabel {
    uint32_t level = kIntegrityMedium;
    uint32_t mask = kLabelNoWriteUp;
};

// The two axes of a process's trust (§8.1, §10.7).
struct ProcessTrust {
    uint32_t type = 0;
    uint32_t trust = 0;

    bool dominates(const ProcessTrust& other) const {
        return type >= other.type && trust >= other.trust;
    }
};

// What callers must be to get more than the rights of the mask (§10.7).
struct TrustLabel {
    ProcessTrust required;
    uint32_t mask = 0;
};

// What a SACL says that bears on access, found before the DACL is walked (PSD-004 §10.10, step 6).
// Inherit-only ACEs say nothing; of several labels the first counts; of several resource attributes
// of one name too. The claims view the descriptor, which must outlive them.
struct SaclFacts {
    MandatoryLabel label;
    std::optional<TrustLabel> trust;
    std::vector<Claim> resource_claims;
    bool has_policy = false;  // a scoped policy is named (§10.8)
};

// Invalid when the first label has a SID of another shape: then the descriptor is malformed. A
// mandatory label must name one of the five levels (Ruling V2, D-25).
base::Result<SaclFacts> findSaclFacts(const std::optional<Acl>& sacl);

}  // namespace evd::access
