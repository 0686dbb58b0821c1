#include "common/base/clock.h"

#include <ctime>

namespace evd::base {

namespace {

int64_t readClock(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec;
}

}  // namespace

int64_t SystemClock::wallNs() const {
    return readClock(CLOCK_REALTIME);
}
int64_t SystemClock::monotonicNs() const {
    return readClock(CLOCK_MONOTONIC);
}

}  // namespace evd::base
