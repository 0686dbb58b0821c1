#include "queryd/session.h"

#include "common/base/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <atomic>
#include <optional>
#include <thread>

using evd::base::ErrorKind;
using evd::base::kNsPerMs;
using evd::base::Result;
using evd::queryd::Admission;
using evd::queryd::Answer;
using evd::queryd::Caller;
using evd::queryd::RecordSink;
using evd::queryd::RunOptions;
using evd::queryd::Sessions;
using evd::test::FakeClock;
using evd::test::FakeQueryEngine;
using evd::test::Gate;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};

// What one answer was told, for the test to wait on.
struct Told {
    Gate finished;
    Gate initial;
    std::optional<bool> streaming;
    int records = 0;
    std::optional<Result<void>> outcome;
    uint32_t running_at_finish = 99;
};

class NotedAnswer final : public Answer {
  public:
    NotedAnswer(Told& told, Admission& admission) : told_(told), admission_(admission) {}
    void accepted(bool streaming, const std::atomic<bool>&) override {
        told_.streaming = streaming;
    }
    Result<void> record(std::span<const uint8_t>) override {
        ++told_.records;
        return {};
    }
    Result<void> initialComplete() override {
        told_.initial.open();
        return {};
    }
    Result<void> flush() override { return {}; }
    void finish(const Result<void>& outcome) override {
        told_.outcome = outcome;
        told_.running_at_finish = admission_.counts().running;
        told_.finished.open();
    }

  private:
    Told& told_;
    Admission& admission_;
};

Result<void> runUntilCancelled(const RunOptions& options, RecordSink& sink) {
    EVD_TRY(sink.initialComplete());
    while (!*options.cancelled) {
        std::this_thread::yield();
    }
    return evd::base::fail(ErrorKind::Gone, "cancelled");
}

struct Fixture {
    explicit Fixture(FakeQueryEngine::Run run, evd::queryd::AdmissionLimits limits = {})
        : engine(std::move(run)), admission(limits), sessions(engine, admission, clock, 30'000) {}

    std::shared_ptr<evd::queryd::QuestionControl> ask(std::string text, Told& told,
                                                      uint64_t limit_ms = 0) {
        return sessions.start({kAlice, std::move(text), limit_ms},
                              std::make_unique<NotedAnswer>(told, admission));
    }

    FakeClock clock;
    FakeQueryEngine engine;
    Admission admission;
    Sessions sessions;
};

}  // namespace

TEST_CASE("sessions: a question runs, answers and ends well, and its slot is free before the end") {
    Fixture fixture(evd::test::answerNumbers(3));
    Told told;
    REQUIRE(fixture.ask("EVENTS", told));
    told.finished.wait();
    CHECK(told.outcome->ok());
    CHECK(told.records == 3);
    CHECK(told.streaming == false);
    CHECK(told.running_at_finish == 0);
}

TEST_CASE("sessions: a text that does not parse ends with its sentence and never runs") {
    Fixture fixture(evd::test::answerNumbers(3));
    Told told;
    REQUIRE(fixture.ask("BAD", told));
    told.finished.wait();
    CHECK(told.outcome->error().text == "line 1, column 1: expected EVENTS");
    CHECK_FALSE(told.streaming);
    CHECK(told.records == 0);
}

TEST_CASE("sessions: a question above the limit is refused on the spot") {
    Gate gate;
    Fixture fixture(
        [&](const RunOptions&, RecordSink&) {
            gate.wait();
            return Result<void>();
        },
        {1, 1, 1});
    Told first;
    Told second;
    REQUIRE(fixture.ask("EVENTS", first));
    CHECK_FALSE(fixture.ask("EVENTS", second));
    CHECK(second.outcome->error().kind == ErrorKind::Busy);
    gate.open();
    first.finished.wait();
    CHECK(fixture.sessions.counts().refused == 1);
}

TEST_CASE("sessions: the deadline is the smaller of the server's timeout and the asked one") {
    int64_t deadline_ns = 0;
    Fixture fixture([&](const RunOptions& options, RecordSink&) {
        deadline_ns = options.deadline_monotonic_ns;
        return Result<void>();
    });
    const int64_t now_ns = fixture.clock.monotonicNs();
    const auto deadlineMs = [&](uint64_t limit_ms) {
        Told told;
        REQUIRE(fixture.ask("EVENTS", told, limit_ms));
        told.finished.wait();
        return (deadline_ns - now_ns) / kNsPerMs;
    };
    CHECK(deadlineMs(0) == 30'000);
    CHECK(deadlineMs(50) == 50);
    CHECK(deadlineMs(40'000) == 30'000);
    CHECK(deadlineMs(UINT64_MAX) == 30'000);
    fixture.sessions.setTimeout(1'000);
    CHECK(deadlineMs(0) == 1'000);
}

TEST_CASE("sessions: a streaming question above its limit is refused after parsing") {
    Fixture fixture(runUntilCancelled, {10, 1, 10});
    Told first;
    Told second;
    const auto control = fixture.ask("STREAM", first);
    first.initial.wait();
    REQUIRE(fixture.ask("STREAM", second));
    second.finished.wait();
    CHECK(second.outcome->error().text.find("MaxStreamingQueries") != std::string::npos);
    control->cancelled = true;
    first.finished.wait();
    CHECK(first.outcome->error().text == "cancelled");
}

TEST_CASE("sessions: an explained question answers with its explanation and never streams") {
    bool traced = false;
    Fixture fixture(
        [&](const RunOptions& options, RecordSink& sink) -> Result<void> {
            traced = options.trace != nullptr;
            return sink.record(evd::test::numberedRecord(1));
        },
        {10, 0, 10});
    Told told;
    REQUIRE(fixture.sessions.start({kAlice, "STREAM", 0, /*explain=*/true},
                                   std::make_unique<NotedAnswer>(told, fixture.admission)));
    told.finished.wait();
    CHECK(told.outcome->ok());
    CHECK(traced);
    CHECK(told.streaming == false);
    CHECK(told.records == 2);  // a plan without lines, and the whole
}

// Spec §10.2: existing streaming queries are terminated with an error.
TEST_CASE("sessions: stopping ends streaming questions, lets others finish and refuses new ones") {
    Gate gate;
    Gate idle;
    Fixture fixture([&](const RunOptions& options, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.initialComplete());
        gate.wait();
        return *options.cancelled ? Result<void>(evd::base::fail(ErrorKind::Gone, "cancelled"))
                                  : Result<void>();
    });
    Told streaming;
    Told plain;
    Told late;
    REQUIRE(fixture.ask("STREAM", streaming));
    REQUIRE(fixture.ask("EVENTS", plain));
    while (fixture.sessions.counts().streaming == 0) {
        std::this_thread::yield();
    }
    fixture.sessions.beginStop([&] { idle.open(); });
    CHECK_FALSE(fixture.ask("EVENTS", late));
    CHECK(late.outcome->error().text == "the server is stopping");
    gate.open();
    idle.wait();
    CHECK(streaming.outcome->error().text == "the server is stopping");
    CHECK(plain.outcome->ok());
}

TEST_CASE("sessions: with nothing running, stopping is over at once") {
    Fixture fixture(evd::test::answerNumbers(0));
    bool idle = false;
    fixture.sessions.beginStop([&] { idle = true; });
    CHECK(idle);
}

TEST_CASE("sessions: going away cancels and joins what still runs") {
    Told told;
    {
        Fixture fixture(runUntilCancelled);
        REQUIRE(fixture.ask("STREAM", told));
        told.initial.wait();
    }
    CHECK(told.outcome->error().text == "the server is stopping");
}

// On a busy machine a thread that has done its work may take seconds to end.
TEST_CASE("sessions: who reaps does not wait for a thread that is about to end") {
    Gate may_answer;
    Gate idle;
    Gate may_end;
    std::atomic<bool> is_reaped = false;
    Fixture fixture([&](const RunOptions&, RecordSink&) -> Result<void> {
        may_answer.wait();
        return {};
    });
    Told told;
    REQUIRE(fixture.ask("EVENTS", told));
    // The last thing that its thread does.
    fixture.sessions.beginStop([&] {
        idle.open();
        may_end.wait();
    });
    may_answer.open();
    idle.wait();
    evd::base::Thread reaper("reaper", [&] {
        fixture.sessions.reap();
        is_reaped = true;
    });
    CHECK(evd::test::waitUntil(evd::test::kPatienceMs, [&] { return is_reaped.load(); }));
    may_end.open();
}
