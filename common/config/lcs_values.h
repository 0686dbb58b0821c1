#pragma once

#include "common/config/registry.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::config {

inline constexpr size_t kLcsValueBytesMax = size_t{1} << 20;  // the default limit of LCS

// One value as LCS holds it: bytes and a number that says what they should be. LCS never compares
// the two (peios-abi §4.3), so whoever reads has to.
struct LcsValue {
    std::string name;  // "" for the key's default value
    uint32_t type = 0;
    std::vector<uint8_t> data;
};

// The values in the buffer of a batch query (lcs_calls.h). Nothing when the records do not fill it
// exactly, or are not as many as said: the kernel and we then do not mean the same format.
std::optional<std::vector<LcsValue>> parseLcsValues(std::span<const uint8_t> bytes, uint32_t count);

// What the bytes mean by their type, strictly: a number has its exact width, text is UTF-8 without
// a NUL but for one at its end, a list ends in an empty text or at its end. Without data, with the
// reason, when they mean nothing. Types that eventd has no use for are such a reason.
struct ReadLcsValue {
    ValueType type = ValueType::Sz;
    std::optional<SettingValue> data;
    std::string reason;
};
ReadLcsValue readLcsValue(const LcsValue& value);

}  // namespace evd::config
