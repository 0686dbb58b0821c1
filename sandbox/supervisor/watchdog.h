#pragma once

#include <cstdint>
#include <vector>

namespace evd::supervisor {

// What the supervisor knows of one program, for judging whether the supervisor itself works.
struct ProgramSigns {
    enum class State { Idle, Starting, Serving, BackingOff };
    State state = State::Idle;
    int64_t state_age_ns = 0;
    int64_t silence_ns = 0;  // since its last answer to a heartbeat
};

// Whether WATCHDOG=1 may be sent: the supervisor is there to see to it that a program that is
// silent, or does not get ready, is ended and started again. Where one has been in such a state for
// kWatchdogPatienceNs longer than the supervisor allows, or its own beat has stopped, it does not
// do that, and the service manager should start the whole group afresh. Pure.
bool supervisorWorks(int64_t since_last_beat_ns, const std::vector<ProgramSigns>& programs);

}  // namespace evd::supervisor
