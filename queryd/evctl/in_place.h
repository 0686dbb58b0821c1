#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evd::evctl {

// A picture as it is written over the last one: line by line, which does not flicker. What the
// screen of so many rows and columns (0: no limit) cannot hold is cut; its last line stays free, so
// that nothing scrolls. Pure.
std::string inPlace(std::string_view picture, size_t rows, size_t columns);

}  // namespace evd::evctl
