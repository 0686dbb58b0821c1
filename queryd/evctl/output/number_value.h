#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace evd::evctl {

// The number that a msgpack value is, as near as a double comes to it; nothing for other kinds and
// for what is not finite. Pure.
std::optional<double> numberOf(std::span<const uint8_t> value);

}  // namespace evd::evctl
