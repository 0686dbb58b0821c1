#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::evctl {

// KMES admits 31 non-empty containers within one another (peios-abi §1.3, MaxNestingDepth 32).
inline constexpr size_t kPayloadDepthMax = 31;

// One JSON text as one msgpack value, without losing anything on the way.
//
// Integers stay exact (i64 or u64; a larger one is refused rather than rounded), numbers with a
// point or an exponent become binary64, text stays UTF-8, objects and arrays keep their order. A
// key twice in one object, nesting beyond kPayloadDepthMax, and text behind the value are Invalid,
// with the place. Pure; never throws.
base::Result<std::vector<uint8_t>> payloadFromJson(std::string_view json);

}  // namespace evd::evctl
