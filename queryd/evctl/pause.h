#pragma once

#include <cstdint>

namespace evd::evctl {

// Waits so long, or less when a signal comes: for loops that look again, by the one thread there
// is.
void pauseFor(int64_t ms);

}  // namespace evd::evctl
