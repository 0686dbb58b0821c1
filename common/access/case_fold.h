#pragma once

#include <cstdint>

namespace evd::access {

// The one letter whose lower case is two: capital I with a dot, which becomes i and the dot.
inline constexpr uint32_t kDottedCapitalI = 0x130;
inline constexpr uint32_t kCombiningDotAbove = 0x307;

// The lower case of one code point of Unicode 14, itself when it has none. Pure, a search in a
// table; it does not depend on a locale, as towlower() does.
uint32_t lowerCase(uint32_t code);

}  // namespace evd::access
