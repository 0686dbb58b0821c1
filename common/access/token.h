#pragma once

#include "common/access/claims.h"
#include "common/access/sid.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::access {

// Attributes of a SID in a token (PSD-004 §2.1) that an access check looks at.
inline constexpr uint32_t kGroupEnabled = 0x0000'0004;
inline constexpr uint32_t kGroupDenyOnly = 0x0000'0010;

// A SID and how it takes part in matching. Bits other than the two above are kept and ignored.
struct SidAndAttributes {
    Sid sid;
    uint32_t attributes = 0;

    bool operator==(const SidAndAttributes&) const = default;
};

// Privileges that an access check looks at (PSD-004 §7.2), as bits of the enabled mask.
inline constexpr uint64_t kSecurityPrivilege = uint64_t{1} << 8;
inline constexpr uint64_t kTakeOwnershipPrivilege = uint64_t{1} << 9;
inline constexpr uint64_t kBackupPrivilege = uint64_t{1} << 17;
inline constexpr uint64_t kRestorePrivilege = uint64_t{1} << 18;
inline constexpr uint64_t kRelabelPrivilege = uint64_t{1} << 32;

inline constexpr uint32_t kIntegrityUntrusted = 0;
inline constexpr uint32_t kIntegrityLow = 4096;
inline constexpr uint32_t kIntegrityMedium = 8192;
inline constexpr uint32_t kIntegrityHigh = 12288;
inline constexpr uint32_t kIntegritySystem = 16384;

// The five levels there are. The text of §10.3 would take any number; the kernel takes these, in
// tokens and in labels (Ruling V2, D-25).
bool isIntegrityLevel(uint32_t level);

inline constexpr uint32_t kPolicyNoWriteUp = 0x1;  // of Token::mandatory_policy

inline constexpr uint32_t kAuditObjectSuccess = 0x1;  // of Token::audit_policy
inline constexpr uint32_t kAuditObjectFailure = 0x2;
inline constexpr uint32_t kAuditPrivilegeSuccess = 0x4;
inline constexpr uint32_t kAuditPrivilegeFailure = 0x8;

// What a client lets a server do in its name (§9.1). Identification is to know, not to act: every
// check with it is refused. An anonymous token is checked like any other.
enum class ImpersonationLevel : uint32_t {
    Anonymous = 0,
    Identification = 1,
    Impersonation = 2,
    Delegation = 3,
};

// Whether a rule gives or takes: matching is narrower for giving (PSD-004 §10.2).
enum class Polarity { Allow, Deny };

// Who is asking: the part of a token (PSD-004 §4.2) that an access check looks at.
//
// A plain value, made by an authority from a peer's kernel token or from Unix credentials, or by
// hand in a what-if question; read by any thread. Privileges are those both present and enabled.
// The defaults are the least: nobody, no groups, no privileges, Medium integrity.
struct Token {
    Sid user;
    // The user then counts against the caller only; a write-restricted token must be so.
    bool user_deny_only = false;
    std::vector<SidAndAttributes> groups;
    uint64_t privileges = 0;
    // Compared with the mandatory label of the object, if the policy says so (§10.3).
    uint32_t integrity = kIntegrityMedium;
    uint32_t mandatory_policy = kPolicyNoWriteUp;
    // What is told whatever the SACL says (§10.9); the kAudit... bits.
    uint32_t audit_policy = 0;
    ImpersonationLevel impersonation_level = ImpersonationLevel::Impersonation;
    // What the rules grant these as well remains; attributes do not matter (§10.4).
    std::vector<SidAndAttributes> restricted_sids;
    bool write_restricted = false;
    // Seen by conditions only; in the restricted pass the second list takes the first one's place.
    std::vector<SidAndAttributes> device_groups;
    std::vector<SidAndAttributes> restricted_device_groups;
    // Nothing remains but what the rules grant the package and its capabilities (§10.6).
    std::optional<Sid> confinement_sid;
    std::vector<SidAndAttributes> capabilities;
    bool confinement_exempt = false;
    // The @User and @Device of conditions.
    ClaimSet user_claims;
    ClaimSet device_claims;
};

// Whether an entry's attributes let it match (§2.1).
bool attributesMatch(uint32_t attributes, Polarity polarity);
// Whether the SID is in the list, whatever its attributes.
bool isPresent(const std::vector<SidAndAttributes>& list, const Sid& sid);
// SidMatchesToken of §10.10: the user, or any group whose attributes let it match.
bool matchesToken(const Token& token, const Sid& sid, Polarity polarity);
// Spec §3.7: ownership is equality; attributes, deny-only included, do not matter (D-24).
bool ownsAs(const Token& token, const Sid& owner);
// Whether the SID belongs to the confinement identity (§10.6): its SID and the capabilities.
bool inConfinement(const Token& token, const Sid& sid);

}  // namespace evd::access
