#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace evd::test {

// One integer of a flat msgpack map, such as the payload of a test event or of a gap record, read
// by the format's specification alone: what checks the product's encoding must not decode with it.
// 0 when it is not there, is less than 0, or the map is not flat.
uint64_t numberField(std::span<const uint8_t> map, std::string_view name);

}  // namespace evd::test
