#pragma once

#include <cstddef>
#include <string>

namespace evd::evctl {

// The two lines under a picture of so many columns that spans these moments (seconds since the
// epoch): the axis with a mark at each tick, and the ticks' texts, none running into another.
// `indent` columns stand before both, the last of which is the corner. Pure but for the time zone.
std::string timeAxis(double first, double last, size_t indent, size_t columns, bool unicode,
                     bool utc);

}  // namespace evd::evctl
