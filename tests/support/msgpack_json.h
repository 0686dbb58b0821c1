#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

// Msgpack as people write it in tests, in the conventions of jsonl (contracts §7): bytes as
// {"$binary":"hex"}, non-finite floats as {"$float":"nan"}, maps with other keys than text as
// {"$map":[[k,v],...]}. For input only: {"$f32":1.5}, {"$ext":[type,"hex"]}, and {"$raw":"hex"} for
// bytes as they are, well-formed or not.
base::Result<std::vector<uint8_t>> msgpackOfJson(std::string_view json);

// One line, keys sorted, integers exact.
std::string jsonOfMsgpack(std::span<const uint8_t> msgpack);

}  // namespace evd::test
