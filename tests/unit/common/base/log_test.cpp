#include "common/base/log.h"

#include "common/base/check.h"
#include "tests/support/captured_stderr.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <string>
#include <vector>

TEST_CASE("log: each line is one write, with the program's name and the level in front") {
    evd::test::CapturedStderr captured;
    evd::base::setLogName("eventd-test");
    evd::base::logInfo("ready");
    evd::base::logWarning("slow, going on");
    evd::base::logError("broken");
    evd::base::setLogName("eventd");
    evd::base::logInfo("");
    const std::vector<std::string> expected{"eventd-test: ready\n",
                                            "eventd-test: warning: slow, going on\n",
                                            "eventd-test: error: broken\n", "eventd: \n"};
    CHECK(captured.writes() == expected);
}

TEST_CASE("check: what holds costs nothing and goes on") {
    int evaluated = 0;
    EVD_CHECK(++evaluated == 1, "evaluated once");
    CHECK(evaluated == 1);
}

TEST_CASE("check: a broken invariant says what and where, and aborts") {
    evd::test::CapturedStderr captured;
    const pid_t child = ::fork();
    if (child == 0) {
        // The test runner's own handler would turn the abort into a failed test.
        std::signal(SIGABRT, SIG_DFL);
        EVD_CHECK(1 + 1 == 3, "numbers do not add up");
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const auto writes = captured.writes();
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    REQUIRE(writes.size() == 1);
    CHECK(writes[0].find("numbers do not add up (1 + 1 == 3)") != std::string::npos);
    CHECK(writes[0].find("log_test.cpp:") != std::string::npos);
}
