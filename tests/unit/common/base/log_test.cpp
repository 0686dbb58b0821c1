#include "common/base/log.h"

#include "common/base/check.h"
#include "common/base/socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <string>
#include <vector>

using evd::base::Fd;

namespace {

// Stands in for stderr while it lives. Packets keep the boundaries of writes, so that a test sees
// how many there were.
class CapturedStderr {
  public:
    CapturedStderr() : saved_(::dup(STDERR_FILENO)) {
        auto pair = evd::base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        reading_ = std::move(pair.value().left);
        ::dup2(pair.value().right.get(), STDERR_FILENO);
    }
    ~CapturedStderr() { restore(); }

    // What was written, one entry a write; stderr is itself again afterwards.
    std::vector<std::string> writes() {
        restore();
        std::vector<std::string> all;
        std::array<uint8_t, 4096> buffer{};
        while (true) {
            const auto packet = evd::base::receivePacket(reading_.get(), buffer);
            if (!packet.ok()) {
                return all;
            }
            all.emplace_back(buffer.begin(),
                             buffer.begin() + static_cast<ptrdiff_t>(packet.value().bytes));
        }
    }

  private:
    void restore() {
        if (saved_.valid()) {
            ::dup2(saved_.get(), STDERR_FILENO);
            saved_.reset();
        }
    }

    Fd saved_;
    Fd reading_;
};

}  // namespace

TEST_CASE("log: each line is one write, with the program's name and the level in front") {
    CapturedStderr captured;
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
    CapturedStderr captured;
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
