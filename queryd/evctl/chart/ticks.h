#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace evd::evctl {

// A place on an axis and what stands there.
struct Tick {
    double at = 0;
    std::string text;
};

// Round values (1, 2 or 5 and zeros apart) that enclose the range, at most about `count_most` of
// them, in ascending order. Texts have the decimals that tell neighbours apart. Pure.
std::vector<Tick> valueTicks(double least, double greatest, size_t count_most);

// Moments that a clock or calendar has a name for, within the range, at most `count_most` apart
// from one at its very end. Seconds since the epoch; names in the process's time zone, or in UTC.
std::vector<Tick> timeTicks(double first, double last, size_t count_most, bool utc);

// A value in few characters: 0, 12.5, 3.4k, 1.2M, 5e-07. Pure.
std::string shortNumber(double value);

}  // namespace evd::evctl
