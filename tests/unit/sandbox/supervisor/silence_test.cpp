#include "sandbox/supervisor/silence.h"

#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace test = evd::test;
using evd::supervisor::judgeSilence;
using evd::supervisor::kStarvedPatienceNs;
using evd::supervisor::ProcessorTime;
using evd::supervisor::processorTime;
using evd::supervisor::Silence;
using evd::supervisor::timesOfSchedstat;

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMax = 5 * kSecond;

}  // namespace

TEST_CASE("silence: it is allowed up to the limit, whoever waits for what") {
    CHECK(judgeSilence(0, kMax, {}) == Silence::Allowed);
    CHECK(judgeSilence(kMax, kMax, {}) == Silence::Allowed);
    CHECK(judgeSilence(kMax, kMax, {{kMax, kMax}, kMax}) == Silence::Allowed);
    CHECK(judgeSilence(kMax + 1, kMax, {}) == Silence::Hung);
}

TEST_CASE("silence: who spent half of it waiting for a processor is starved, for a while") {
    CHECK(judgeSilence(6 * kSecond, kMax, {{0, 3 * kSecond}, 6 * kSecond}) == Silence::Starved);
    CHECK(judgeSilence(6 * kSecond, kMax, {{0, 3 * kSecond - 1}, 6 * kSecond}) == Silence::Hung);
    const int64_t last = kMax + kStarvedPatienceNs;
    CHECK(judgeSilence(last, kMax, {{0, last}, last}) == Silence::Starved);
    CHECK(judgeSilence(last + 1, kMax, {{0, last + 1}, last + 1}) == Silence::Hung);
}

TEST_CASE("silence: of it what was watched counts, and it has to have been watched") {
    CHECK(judgeSilence(6 * kSecond, kMax, {{0, 2 * kSecond}, 4 * kSecond}) == Silence::Starved);
    CHECK(judgeSilence(6 * kSecond, kMax, {{0, 2 * kSecond - 1}, 4 * kSecond}) == Silence::Hung);
    CHECK(judgeSilence(6 * kSecond, kMax, {{0, 0}, 0}) == Silence::Hung);
}

TEST_CASE("silence: who has run as long as it may be silent is not starved but runs in circles") {
    const int64_t silence = 30 * kSecond;
    CHECK(judgeSilence(silence, kMax, {{kMax - 1, 25 * kSecond}, silence}) == Silence::Starved);
    CHECK(judgeSilence(silence, kMax, {{kMax, 25 * kSecond}, silence}) == Silence::Hung);
}

TEST_CASE("silence: the times are the first two numbers of schedstat, or unknown") {
    CHECK(timesOfSchedstat("886968049 58075692064 20022\n") ==
          ProcessorTime{886'968'049, 58'075'692'064});
    CHECK(timesOfSchedstat("1 0 1") == ProcessorTime{1, 0});
    CHECK(timesOfSchedstat("1 0") == ProcessorTime{1, 0});
    CHECK(timesOfSchedstat("9223372036854775807 9223372036854775807 1") ==
          ProcessorTime{INT64_MAX, INT64_MAX});
    for (const char* broken :
         {"", "1", "1 ", " 1 1", "x 1 1", "1 x 1", "1 -1 1", "1 9223372036854775808 1",
          "9223372036854775808 1 1", "1 99999999999999999999 1"}) {
        CAPTURE(broken);
        CHECK_FALSE(timesOfSchedstat(broken));
    }
    const test::TemporaryDirectory proc;
    std::filesystem::create_directory(proc / "17");
    std::ofstream(proc / "17/schedstat") << "1 23 4\n";
    CHECK(processorTime(17, proc.path()) == ProcessorTime{1, 23});
    CHECK_FALSE(processorTime(18, proc.path()));
}

// Of ourselves, where the kernel counts it.
TEST_CASE("silence: whoever sleeps does not run and waits for no processor") {
    const auto before = processorTime(::getpid());
    REQUIRE(before.has_value());
    test::pauseMs(500);
    const auto after = processorTime(::getpid()).value();
    CHECK(after.waited_ns - before->waited_ns < kSecond);
    CHECK(after.ran_ns - before->ran_ns < kSecond / 4);
}
