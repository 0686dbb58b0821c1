#pragma once

#include "common/base/clock.h"

#include <cstdint>

namespace evd::test {

// How long a test waits for what is bound to come: a bound for a machine that is busy or runs under
// a sanitizer, not a promise. What the suite promises has a limit of its own in the test.
inline constexpr int64_t kPatienceMs = 60'000;

inline constexpr int kLookEveryMs = 10;

// A pause between two looks at something that changes by itself.
void pauseMs(int milliseconds);

// Calls holds() until it answers true or the time is over; the milliseconds that took, or -1. It is
// called once at the least, and once after the time is over.
template <typename Holds>
int64_t msUntil(int64_t limit_ms, const Holds& holds, int look_every_ms = kLookEveryMs) {
    const base::SystemClock clock;
    const int64_t begin_ns = clock.monotonicNs();
    while (true) {
        const int64_t looked_ms = (clock.monotonicNs() - begin_ns) / base::kNsPerMs;
        if (holds()) {
            return (clock.monotonicNs() - begin_ns) / base::kNsPerMs;
        }
        if (looked_ms > limit_ms) {
            return -1;
        }
        pauseMs(look_every_ms);
    }
}

template <typename Holds>
bool waitUntil(int64_t limit_ms, const Holds& holds, int look_every_ms = kLookEveryMs) {
    return msUntil(limit_ms, holds, look_every_ms) >= 0;
}

}  // namespace evd::test
