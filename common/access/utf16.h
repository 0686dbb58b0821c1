#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::access {

// The UTF-16LE of claims and conditions, in and out of the UTF-8 that everything else here uses.
// Pure functions; a lone surrogate, an odd length or ill-formed UTF-8 gives nothing.

std::optional<std::string> utf8FromUtf16(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> utf16FromUtf8(std::string_view text);
bool isUtf16(std::span<const uint8_t> bytes);

// Lower case, letter by letter, of the whole of Unicode: how names of claims are compared (PSD-004
// §3.8). Text that is no UTF-8 comes back unchanged.
std::string foldCase(std::string_view text);

}  // namespace evd::access
