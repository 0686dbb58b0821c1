#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evd::evctl {

// The line of the question that an error speaks of, with a caret under the word that it means:
//
//       EVENTS WHERE sevrity === 3
//                              ^
//
// Errors name their place as "line 1, column 24" (Ruling Q13), columns counted in characters. Empty
// when the error names none or the question has no such place. Made printable; a line wider than
// `width_max` is shown around the place (0: as wide as it is). Pure.
std::string caretLines(std::string_view question, std::string_view error, size_t width_max);

}  // namespace evd::evctl
