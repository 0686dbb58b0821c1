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
using evd::supervisor::processorWaitNs;
using evd::supervisor::Silence;
using evd::supervisor::waitOfSchedstat;

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMax = 5 * kSecond;

}  // namespace

TEST_CASE("silence: it is allowed up to the limit, whoever waits for what") {
    CHECK(judgeSilence(0, kMax, 0) == Silence::Allowed);
    CHECK(judgeSilence(kMax, kMax, 0) == Silence::Allowed);
    CHECK(judgeSilence(kMax, kMax, kMax) == Silence::Allowed);
    CHECK(judgeSilence(kMax + 1, kMax, 0) == Silence::Hung);
}

TEST_CASE("silence: who spent half of it waiting for a processor is starved, for a while") {
    CHECK(judgeSilence(6 * kSecond, kMax, 3 * kSecond) == Silence::Starved);
    CHECK(judgeSilence(6 * kSecond, kMax, 3 * kSecond - 1) == Silence::Hung);
    const int64_t last = kMax + kStarvedPatienceNs;
    CHECK(judgeSilence(last, kMax, last) == Silence::Starved);
    CHECK(judgeSilence(last + 1, kMax, last + 1) == Silence::Hung);
}

TEST_CASE("silence: the wait is the second number of schedstat, or unknown") {
    CHECK(waitOfSchedstat("886968049 58075692064 20022\n") == 58'075'692'064);
    CHECK(waitOfSchedstat("1 0 1") == 0);
    CHECK(waitOfSchedstat("1 9223372036854775807 1") == INT64_MAX);
    for (const char* broken : {"", "1", "1 ", "1 x 1", "1 -1 1", "1 9223372036854775808 1",
                               "1 99999999999999999999 1"}) {
        CAPTURE(broken);
        CHECK_FALSE(waitOfSchedstat(broken));
    }
    const test::TemporaryDirectory proc;
    std::filesystem::create_directory(proc / "17");
    std::ofstream(proc / "17/schedstat") << "1 23 4\n";
    CHECK(processorWaitNs(17, proc.path()) == 23);
    CHECK_FALSE(processorWaitNs(18, proc.path()));
}

// Of ourselves, where the kernel counts it.
TEST_CASE("silence: whoever sleeps waits for no processor") {
    const auto before = processorWaitNs(::getpid());
    REQUIRE(before.has_value());
    test::pauseMs(500);
    CHECK(processorWaitNs(::getpid()).value() - *before < kSecond);
}
