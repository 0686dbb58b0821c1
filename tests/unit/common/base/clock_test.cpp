#include "common/base/clock.h"

#include "tests/support/fake_clock.h"

#include <doctest/doctest.h>
#include <ctime>

using evd::base::kNsPerMs;
using evd::base::kNsPerSecond;
using evd::base::SystemClock;
using evd::test::FakeClock;

TEST_CASE("system clock: never runs backwards where it promises so") {
    const SystemClock clock;
    int64_t last = clock.monotonicNs();
    for (int i = 0; i < 1000; ++i) {
        const int64_t now = clock.monotonicNs();
        REQUIRE(now >= last);
        last = now;
    }
}

TEST_CASE("system clock: tells the wall time in nanoseconds since the epoch") {
    const SystemClock clock;
    const int64_t before_s = std::time(nullptr);
    const int64_t now_s = clock.wallNs() / kNsPerSecond;
    // The coarse clock behind time() may lag by a tick.
    CHECK(now_s >= before_s);
    CHECK(now_s <= std::time(nullptr) + 1);
}

TEST_CASE("fake clock: stands still until it is moved, and moves both times") {
    FakeClock clock;
    const int64_t wall = clock.wallNs();
    const int64_t monotonic = clock.monotonicNs();
    CHECK(wall == FakeClock::kStartWallNs);
    clock.advanceMs(5);
    CHECK(clock.wallNs() - wall == 5 * kNsPerMs);
    CHECK(clock.monotonicNs() - monotonic == 5 * kNsPerMs);
}

TEST_CASE("fake clock: a step of the wall time leaves durations alone") {
    FakeClock clock;
    const int64_t monotonic = clock.monotonicNs();
    clock.setWallNs(clock.wallNs() - kNsPerSecond);
    CHECK(clock.wallNs() == FakeClock::kStartWallNs - kNsPerSecond);
    CHECK(clock.monotonicNs() == monotonic);
}
