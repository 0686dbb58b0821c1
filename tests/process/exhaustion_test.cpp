// A program of the group that gets no more memory ends in order, is started anew and serves again:
// it does not go on with what the want has torn.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/mishaps.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <csignal>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A sanitizer maps its shadows whenever it likes.

namespace base = evd::base;
namespace test = evd::test;

namespace {

constexpr int kEndsSeconds = 20;
// Several times what a heap has to spare.
constexpr int kLines = 20'000;
constexpr size_t kLineBytes = 1000;

std::vector<uint8_t> longLine() {
    const std::string json = base::cat(R"({"origin":"hoard","is_error":false,"message":")",
                                       std::string(kLineBytes, 'x'), "\"}");
    return test::msgpackOfJson(json).value();
}

}  // namespace

TEST_CASE("exhaustion: an ingest without memory says so, ends with 1 and is replaced") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const pid_t ingest = group.childPid("eventd-ingest");
    auto log = base::connectUnix(state.below("run/log.sock"), SOCK_DGRAM);
    REQUIRE(log.ok());

    // What it cannot pass on it keeps, until there is room for no more.
    REQUIRE(group.signalChild("eventd-store", SIGSTOP));
    test::Mishaps mishaps;
    REQUIRE(mishaps.befall(ingest, test::Mishap::Memory));
    const auto line = longLine();
    for (int i = 0; i < kLines; ++i) {
        (void)base::sendPacket(log.value().get(), line);  // a full socket is what we are after
    }

    CHECK(group.waitForStderr("eventd-ingest: error: no memory is left, ending\n", kEndsSeconds));
    CHECK(group.waitForStderr(base::cat("eventd-ingest (pid ", ingest, ") exited with status 1"),
                              kEndsSeconds));
    CHECK(group.waitForStderr("eventd-ingest serves again", kEndsSeconds));
    REQUIRE(group.signalChild("eventd-store", SIGCONT));
    CHECK(test::ask(state, "LOGS FROM hoard TAKE 1").status == 0);
    CHECK(group.stop() == 0);
}

#endif
