#pragma once

#include "common/base/text.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// What tests look for in what a program has printed or answered.
namespace evd::test {

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline size_t countIn(std::string_view text, std::string_view part) {
    size_t count = 0;
    for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// The number that follows the label, as in {"label":17}; nothing where there is none.
inline std::optional<uint64_t> numberBehind(std::string_view text, std::string_view label) {
    const size_t found = text.find(label);
    if (found == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = text.substr(found + label.size());
    const auto number = base::parseU64(rest.substr(0, rest.find_first_not_of("0123456789")));
    return number.ok() ? std::optional(number.value()) : std::nullopt;
}

}  // namespace evd::test
