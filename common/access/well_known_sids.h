#pragma once

#include "common/access/sid.h"

#include <optional>
#include <string_view>

namespace evd::access {

// The SIDs with a fixed meaning that the code names (PSD-004 §2.2).
namespace sids {
inline constexpr Sid kEveryone{1, {0}};
inline constexpr Sid kOwnerRights{3, {4}};
inline constexpr Sid kPrincipalSelf{5, {10}};
inline constexpr Sid kAuthenticatedUsers{5, {11}};
inline constexpr Sid kSystem{5, {18}};
inline constexpr Sid kAdministrators{5, {32, 544}};
}  // namespace sids

inline constexpr uint64_t kMandatoryLabelAuthority = 16;
inline constexpr uint64_t kProcessTrustAuthority = 19;

// The two letters that stand for a SID in SDDL. Unknown letters give nothing; those that need a
// domain (DA, DU ...) are known to need one and give nothing either.
std::optional<Sid> sidOfAlias(std::string_view alias);
bool aliasNeedsDomain(std::string_view alias);

// The letters of a SID, or "" when it has none.
std::string_view aliasOfSid(const Sid& sid);

// What a person calls a SID ("Administrators"), or "" when we have no name for it.
std::string_view nameOfSid(const Sid& sid);

}  // namespace evd::access
