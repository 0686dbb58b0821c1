#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace evd::evctl {

// The number that a msgpack value is, as near as a double comes to it; nothing for other kinds and
// for what is not finite. Pure.
std::optional<double> numberOf(std::span<const uint8_t> value);

// The integer or the text that a msgpack value is; nothing for other kinds, and for integers above
// the greatest of 64 bits with a sign. The text points into the value. Pure.
std::optional<int64_t> integerOf(std::span<const uint8_t> value);
std::optional<std::string_view> textOf(std::span<const uint8_t> value);

bool isNil(std::span<const uint8_t> value);
// A truth, or the 1 that a truth is in SQLite.
bool isTrue(std::span<const uint8_t> value);

}  // namespace evd::evctl
