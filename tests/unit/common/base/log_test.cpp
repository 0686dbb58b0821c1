#include "common/base/log.h"

#include "common/base/check.h"
#include "tests/support/captured_stderr.h"
#include "tests/support/forked_end.h"

#include <doctest/doctest.h>
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
    const auto end = evd::test::endOfFork([] { EVD_CHECK(1 + 1 == 3, "numbers do not add up"); });
    CHECK(end.diedOf(SIGABRT));
    REQUIRE(end.writes.size() == 1);
    CHECK(end.writes[0].find("numbers do not add up (1 + 1 == 3)") != std::string::npos);
    CHECK(end.writes[0].find("log_test.cpp:") != std::string::npos);
}
