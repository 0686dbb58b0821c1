#pragma once

#include <cstddef>
#include <string>

namespace evd::evctl {

// A bar that fills `share` (0 to 1, what is beyond is cut) of so many columns: in eighths of a
// column from block characters, or in whole ones from #. What is not nothing is at least the
// smallest piece. Pure.
std::string barText(double share, size_t width, bool unicode);

}  // namespace evd::evctl
