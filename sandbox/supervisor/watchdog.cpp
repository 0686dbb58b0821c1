#include "sandbox/supervisor/watchdog.h"

#include "sandbox/supervisor/group_service.h"
#include "sandbox/supervisor/silence.h"

#include <algorithm>

namespace evd::supervisor {

namespace {

// A program that was killed is gone within milliseconds, unless the kernel cannot let go of it.
constexpr int64_t kWatchdogPatienceNs = 10 * base::kNsPerSecond;

bool isSeenTo(const ProgramSigns& signs) {
    switch (signs.state) {
        case ProgramSigns::State::Idle:
            return true;
        case ProgramSigns::State::Starting:
            return signs.state_age_ns <= kStartTimeoutNs + kWatchdogPatienceNs;
        case ProgramSigns::State::Serving:
            return signs.silence_ns <=
                   kHeartbeatTimeoutNs + kStarvedPatienceNs + kWatchdogPatienceNs;
        case ProgramSigns::State::BackingOff:
            return signs.state_age_ns <= kWatchdogPatienceNs;
    }
    return false;
}

}  // namespace

bool supervisorWorks(int64_t since_last_beat_ns, const std::vector<ProgramSigns>& programs) {
    return since_last_beat_ns <= kHeartbeatTimeoutNs &&
           std::all_of(programs.begin(), programs.end(), isSeenTo);
}

}  // namespace evd::supervisor
