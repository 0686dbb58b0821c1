#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace evd::base {

inline constexpr size_t kSuggestLengthMax = 32;  // longer words are no misspelt keywords

// The candidate that a person most likely meant when they wrote the word, or nothing (Ruling Q13).
//
// Counts letters inserted, dropped, changed or swapped with their neighbour, case aside; half of
// the longer word may differ. Of equally near candidates the first wins. Pure, any thread.
std::string_view nearestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace evd::base
