// Processes that die in the middle of writing, again and again on the same folder, and a collector
// that sends everything it was not told to be durable once more. Each round ends at another moment,
// chosen by a seed; at the end every sequence number must be an event once or lie in one gap
// record.

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <random>

namespace evd::store {
namespace {

using test::RunSketch;
using test::StoreFixture;

constexpr uint32_t kSeed = 20261120;
constexpr int kRounds = 15;
constexpr uint64_t kRunsPerRound = 12;
constexpr uint64_t kNumbersPerRun = 150;

RunSketch runFrom(uint64_t first) {
    // Every run has a gap of 7 numbers at a place that depends on where it begins.
    const uint64_t missing = first + first % 100;
    return RunSketch(0, first, first + kNumbersPerRun - 1, {{missing, missing + 6, 0, 1}});
}

// Sends runs from behind what is held until it dies, without a word, after that many notices.
[[noreturn]] void writeAndDie(StoreFixture& fixture, size_t notices_until_death) {
    EventStore& event_store = fixture.openAndAttach();
    const uint64_t held = event_store.holdings().front().held.greatest();
    std::vector<RunSketch> runs;
    // From the last run that is held, or half held, as a collector that missed its answer would.
    const uint64_t begin = held / kNumbersPerRun * kNumbersPerRun;
    const uint64_t overlap = held - (begin > 0 ? begin - kNumbersPerRun : 0);
    for (uint64_t run = 0; run < kRunsPerRound; ++run) {
        runs.push_back(runFrom(held - overlap + 1 + run * kNumbersPerRun));
    }
    for (const RunSketch& run : runs) {
        event_store.write(run.run(), fixture.answers.next());
    }
    while (fixture.loop.notices().size() < notices_until_death && !event_store.isIdle()) {
        event_store.pump();
    }
    ::_exit(0);
}

TEST_CASE("store crash: whenever the store dies, each number is stored or recorded exactly once") {
    StoreFixture fixture(2, 1, 200);
    std::mt19937 random(kSeed);
    CAPTURE(kSeed);
    for (int round = 0; round < kRounds; ++round) {
        const size_t notices = 1 + random() % 10;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            writeAndDie(fixture, notices);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
    }
    const auto held = fixture.openAndAttach().holdings().front().held;
    fixture.shutDown();
    REQUIRE(held.intervalCount() == 1);
    const auto last = static_cast<int64_t>(held.greatest());
    CHECK(last > 1'000);
    const int64_t events = fixture.storedEvents();
    CHECK(fixture.total("SELECT count(DISTINCT sequence) FROM events") == events);
    CHECK(fixture.total("SELECT count(*) - count(DISTINCT id) FROM events") == 0);
    // A run of at most 1,000 rows is one slice: it is there whole or not at all.
    const int64_t gaps =
        fixture.total("SELECT count(*) FROM events WHERE event_type = 'synthetic.gap'");
    CHECK(last == events + 7 * gaps);
}

}  // namespace
}  // namespace evd::store
