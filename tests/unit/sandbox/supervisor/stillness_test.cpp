#include "sandbox/supervisor/stillness.h"

#include "common/base/text.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

namespace test = evd::test;
using evd::base::cat;
using evd::supervisor::Activity;
using evd::supervisor::activityOf;
using evd::supervisor::Stillness;

namespace {

void writeTask(const std::string& proc, int task, char state, int64_t ran_ns) {
    const std::string folder = cat(proc, "/17/task/", task);
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/stat")
        << task << " (x) " << state << " 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1 1\n";
    std::ofstream(folder + "/schedstat") << ran_ns << " 5 1\n";
}

}  // namespace

TEST_CASE("stillness: of a process all threads count, together") {
    const test::TemporaryDirectory proc;
    CHECK_FALSE(activityOf(17, proc.path()));
    writeTask(proc.path(), 17, 'S', 100);
    CHECK(activityOf(17, proc.path()) == Activity{100, false});
    writeTask(proc.path(), 18, 'T', 20);
    CHECK(activityOf(17, proc.path()) == Activity{120, false});
    for (const char state : {'R', 'D'}) {
        writeTask(proc.path(), 19, state, 3);
        CHECK(activityOf(17, proc.path()) == Activity{123, true});
    }
    // One that has just ended.
    std::filesystem::remove(proc / "17/task/19/stat");
    CHECK(activityOf(17, proc.path()) == Activity{120, false});
}

TEST_CASE("stillness: who runs, is ready to, or of whom nothing is known, is not still") {
    Stillness stillness;
    CHECK(stillness.onLook(100, Activity{7, false}) == 0);
    CHECK(stillness.onLook(200, Activity{7, false}) == 100);
    CHECK(stillness.onLook(300, Activity{7, false}) == 200);
    CHECK(stillness.onLook(400, Activity{8, false}) == 0);
    CHECK(stillness.onLook(500, Activity{8, true}) == 0);
    CHECK(stillness.onLook(600, Activity{8, true}) == 0);
    CHECK(stillness.onLook(700, Activity{8, false}) == 0);
    CHECK(stillness.onLook(800, Activity{8, false}) == 100);
    CHECK(stillness.onLook(900, std::nullopt) == 0);
    CHECK(stillness.onLook(1000, std::nullopt) == 0);
    CHECK(stillness.onLook(1100, Activity{8, false}) == 0);
    CHECK(stillness.onLook(1200, Activity{8, false}) == 100);
    stillness.reset();
    CHECK(stillness.onLook(1300, Activity{8, false}) == 0);
}

// A real one, where the kernel counts.
TEST_CASE("stillness: a process that is stopped is still, one that goes on is not") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        while (true) {
            test::pauseMs(1);
        }
    }
    const auto grows = [&] {
        const auto first = activityOf(child);
        test::pauseMs(20);
        return first.has_value() && activityOf(child) != first;
    };
    CHECK(test::waitUntil(test::kPatienceMs, grows));
    REQUIRE(::kill(child, SIGSTOP) == 0);
    CHECK(test::waitUntil(test::kPatienceMs, [&] { return !grows(); }));
    CHECK_FALSE(activityOf(child)->is_ready);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}
