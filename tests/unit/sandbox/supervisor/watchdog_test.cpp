#include "sandbox/supervisor/watchdog.h"

#include <doctest/doctest.h>

namespace supervisor = evd::supervisor;
using supervisor::ProgramSigns;
using supervisor::supervisorWorks;
using State = supervisor::ProgramSigns::State;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

ProgramSigns serving(int64_t silent_s) {
    return {State::Serving, 100 * kSecond, silent_s * kSecond};
}

}  // namespace

TEST_CASE("watchdog: a supervisor whose programs answer works") {
    CHECK(supervisorWorks(kSecond, {serving(0), serving(4)}));
    CHECK(supervisorWorks(0, {}));
    CHECK(supervisorWorks(0, {{State::Idle, 1000 * kSecond, 1000 * kSecond}}));
}

TEST_CASE("watchdog: a silent program is the supervisor's to end, for ten seconds longer") {
    CHECK(supervisorWorks(kSecond, {serving(70)}));
    CHECK_FALSE(supervisorWorks(kSecond, {serving(71)}));
    CHECK_FALSE(supervisorWorks(kSecond, {serving(0), serving(71)}));
}

TEST_CASE("watchdog: a start and a pause before one may take as long as they are allowed to") {
    CHECK(supervisorWorks(0, {{State::Starting, 70 * kSecond, 1000 * kSecond}}));
    CHECK_FALSE(supervisorWorks(0, {{State::Starting, 71 * kSecond, 0}}));
    CHECK(supervisorWorks(0, {{State::BackingOff, 10 * kSecond, 1000 * kSecond}}));
    CHECK_FALSE(supervisorWorks(0, {{State::BackingOff, 11 * kSecond, 0}}));
}

TEST_CASE("watchdog: a supervisor that has stopped asking does not work") {
    CHECK(supervisorWorks(5 * kSecond, {serving(0)}));
    CHECK_FALSE(supervisorWorks(6 * kSecond, {serving(0)}));
}
