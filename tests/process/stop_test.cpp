// The stop is bounded (PSD-008 §10.2), and orderly, whatever dies or hangs at that very moment: it
// ends in time by itself, with 0, and every event that was acknowledged is stored.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <csignal>

namespace base = evd::base;
namespace test = evd::test;
using base::cat;

namespace {

constexpr const char* kEventType = "stop.event";
constexpr int64_t kStopMs = 8000;
constexpr uint64_t kEventsBefore = 400;

int64_t nowMs() {
    return base::SystemClock().monotonicNs() / base::kNsPerMs;
}

// Signals the program and asks for the stop at once; the milliseconds that it took.
int64_t stopWith(const std::string& program, int signal) {
    const test::StateFolder state;
    test::Group group(state, test::smallGroup());
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType);
    REQUIRE(test::waitUntil(test::kPatienceMs,
                            [&] { return load.acknowledgedCount() >= kEventsBefore; }));
    const pid_t pid = group.childPid(program);
    REQUIRE(pid > 0);
    const int64_t begin_ms = nowMs();
    ::kill(pid, signal);
    CHECK(group.stop() == 0);
    const int64_t took_ms = nowMs() - begin_ms;
    load.stop();

    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : test::checkAcknowledged(report, load.acknowledged())) {
        FAIL_CHECK(violation);
    }
    return took_ms;
}

}  // namespace

TEST_CASE("stop: a program that dies or hangs at that moment delays it, and no more") {
    for (const char* program : {"eventd-queryd", "eventd-sensor", "eventd-ingest", "eventd-kmesd",
                                "eventd-collector", "eventd-store"}) {
        for (const int signal : {SIGKILL, SIGSTOP}) {
            CAPTURE(program);
            CAPTURE(signal);
            const int64_t took_ms = stopWith(program, signal);
            CHECK(took_ms < kStopMs);
            MESSAGE(cat(program, " and signal ", signal, ": ", took_ms, " ms"));
        }
    }
}

TEST_CASE("stop: what has not ended within the timeout is killed, and eventd ends with 1 (§10.2)") {
    const test::StateFolder state;
    test::GroupOptions options;
    options.environment.emplace_back("EVENTD_STOP_TIMEOUT_MS=300");
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    const auto children = group.children();
    // It can neither drain nor be found out as silent in so short a time.
    REQUIRE(group.signalChild("eventd-store", SIGSTOP));
    const int64_t begin_ms = nowMs();
    CHECK(group.stop() == 1);
    CHECK(nowMs() - begin_ms < 3000);
    CHECK(group.stderrText().find("the stop took too long, killing the rest") != std::string::npos);
    for (const auto& [name, pid] : children) {
        CAPTURE(name);
        CHECK(::kill(pid, 0) == -1);
    }
}
