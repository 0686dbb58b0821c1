#pragma once

#include "common/base/result.h"

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace evd::base {

namespace detail {
inline void append(std::string& out, std::string_view part) {
    out += part;
}
inline void append(std::string& out, const char* part) {
    out += part;
}
inline void append(std::string& out, char part) {
    out += part;
}
inline void append(std::string& out, bool part) {
    out += part ? "true" : "false";
}
template <typename Number>
requires(std::is_arithmetic_v<Number>) void append(std::string& out, Number part) {
    char buffer[48];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), part);
    out.append(buffer, end.ptr);
}
}  // namespace detail

// One string from its parts: text, characters, numbers (shortest form), booleans.
template <typename... Parts>
std::string cat(const Parts&... parts) {
    std::string out;
    (detail::append(out, parts), ...);
    return out;
}

// The whole text as a decimal number, or Invalid. No sign, no space, no overflow.
Result<uint64_t> parseU64(std::string_view text);

// ASCII letters to lower case; everything else stays (Ruling Q3).
char foldAscii(char letter);
std::string foldAscii(std::string_view text);
bool equalsFolded(std::string_view left, std::string_view right);

// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool isUtf8(std::string_view bytes);

// Bytes that are not UTF-8 become U+FFFD each, the rest stays.
std::string toUtf8(std::string_view bytes);

// The greatest length up to `bytes` (and the text's) that does not end inside a character; in text
// that is no UTF-8, simply that length.
size_t wholeCharacters(std::string_view text, size_t bytes);

// Lower-case hex; decodeHex takes either case and refuses an odd length or another character.
std::string encodeHex(std::span<const uint8_t> bytes);
Result<std::vector<uint8_t>> decodeHex(std::string_view text);

// Nanoseconds since the epoch as 2026-01-02T03:04:05.000000006Z.
std::string formatIsoTime(int64_t wall_ns);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

inline std::string_view asText(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const uint8_t> asBytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace evd::base
