#include "queryd/stream/live_loop.h"

#include "queryd/stream/counting_signal.h"

#include <doctest/doctest.h>
#include <functional>
#include <vector>

namespace evd::queryd {

namespace {

class ScriptedSource final : public LiveSource {
  public:
    explicit ScriptedSource(std::vector<Round> rounds) : rounds_(std::move(rounds)) {}

    base::Result<Round> sendNew() override {
        if (at_ == rounds_.size()) {
            return base::fail(base::ErrorKind::Io, "the script is over");
        }
        return rounds_[at_++];
    }
    base::Result<void> flush() override {
        ++flushes;
        return {};
    }

    int flushes = 0;

  private:
    std::vector<Round> rounds_;
    size_t at_ = 0;
};

// Answers at once and notes what it was asked.
class NotingSignal final : public CommitSignal {
  public:
    uint64_t generation() const override { return 5; }
    uint64_t waitBeyond(uint64_t seen, int64_t) override {
        ++waits;
        return then ? then(seen) : seen;
    }
    int waits = 0;
    std::function<uint64_t(uint64_t)> then;
};

}  // namespace

TEST_CASE("live loop: a burst is flushed once, when it is complete") {
    ScriptedSource source({{true, true}, {true, true}, {false, false}});
    NotingSignal signal;
    const auto done = followCommits(source, signal, nullptr);
    CHECK(done.error().kind == base::ErrorKind::Io);
    CHECK(source.flushes == 1);
}

TEST_CASE("live loop: nothing new is no burst") {
    ScriptedSource source({{false, false}});
    NotingSignal signal;
    (void)followCommits(source, signal, nullptr);  // ends with the script
    CHECK(source.flushes == 0);
    CHECK(signal.waits == kLivePollMs / kCancelCheckMs);  // and then it looked for itself
}

TEST_CASE("live loop: a commit ends the wait at once") {
    ScriptedSource source({{false, false}});
    NotingSignal signal;
    signal.then = [](uint64_t seen) { return seen + 1; };
    (void)followCommits(source, signal, nullptr);  // ends with the script
    CHECK(signal.waits == 1);
}

TEST_CASE("live loop: a cancelled question ends") {
    std::atomic<bool> cancelled{false};
    ScriptedSource source({{true, false}});
    NotingSignal signal;
    signal.then = [&](uint64_t seen) {
        cancelled = true;
        return seen;
    };
    CHECK(followCommits(source, signal, &cancelled).error().kind == base::ErrorKind::Gone);
    CHECK(signal.waits == 1);
}

TEST_CASE("counting signal: a bump ends a wait, a timeout ends it without one") {
    CountingSignal signal;
    CHECK(signal.waitBeyond(0, 0) == 0);
    signal.bump();
    CHECK(signal.generation() == 1);
    CHECK(signal.waitBeyond(0, 10'000'000) == 1);
}

}  // namespace evd::queryd
