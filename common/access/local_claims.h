#pragma once

#include "common/access/claims.h"
#include "common/access/security_policy.h"

#include <cstddef>
#include <string_view>

namespace evd::access {

inline constexpr size_t kLocalClaimsBytesMax = 65'536;  // of an access check (PSD-004 §13.1)

// What conditions may ask of the question itself, as @Local (PSD-008 §9.1): two strings,
//   - `kind`: events, logs, metrics, publish-logs or publish-metrics;
//   - `pattern`: the one under which the descriptor is set, `*` for the default.
// Nothing else, because one verdict stands for all records under a pattern. A pattern that is no
// UTF-8, holds a zero, or makes more than kLocalClaimsBytesMax is left out. Pure.
ClaimSet localClaimsOf(ObjectKind kind, std::string_view pattern);

}  // namespace evd::access
