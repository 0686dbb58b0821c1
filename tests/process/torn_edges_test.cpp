// A connection between two programs that breaks while both live is made anew by the supervisor, and
// nothing that was acknowledged is lost by it.

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <filesystem>

namespace base = evd::base;
namespace test = evd::test;
using base::cat;

namespace {

constexpr const char* kEventType = "torn.event";
constexpr int kControlFd = 3;
constexpr int kNewEdgeSeconds = 20;
constexpr uint64_t kEventsEachSide = 500;  // of the tear

// Shuts the stream sockets of another process, but for its supervisor's; how many that were.
int tearConnections(pid_t pid) {
    const base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    REQUIRE(process.valid());
    int torn = 0;
    for (const auto& entry : std::filesystem::directory_iterator(cat("/proc/", pid, "/fd"))) {
        const auto number = base::parseU64(entry.path().filename().string());
        if (!number || number.value() == kControlFd) {
            continue;
        }
        const base::Fd file(static_cast<int>(
            ::syscall(SYS_pidfd_getfd, process.get(), static_cast<int>(number.value()), 0)));
        int type = 0;
        socklen_t size = sizeof(type);
        if (file.valid() && ::getsockopt(file.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
            type == SOCK_STREAM && ::shutdown(file.get(), SHUT_RDWR) == 0) {
            ++torn;
        }
    }
    return torn;
}

}  // namespace

TEST_CASE("torn edges: collector and store get another connection, and every event is stored") {
    const test::StateFolder state;
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType);
    const auto hasEmitted = [&](uint64_t more) {
        const uint64_t wanted = load.acknowledgedCount() + more;
        return test::waitUntil(test::kPatienceMs,
                               [&] { return load.acknowledgedCount() >= wanted; });
    };
    REQUIRE(hasEmitted(kEventsEachSide));
    const pid_t collector = group.childPid("eventd-collector");
    const pid_t store = group.childPid("eventd-store");
    CHECK(tearConnections(collector) == 1);
    CHECK(
        group.waitForStderr("eventd-collector has no connection to eventd-store", kNewEdgeSeconds));
    CHECK(hasEmitted(kEventsEachSide));
    load.stop();
    CHECK(group.childPid("eventd-collector") == collector);
    CHECK(group.childPid("eventd-store") == store);
    CHECK(group.stop() == 0);

    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : test::checkAcknowledged(report, load.acknowledged())) {
        FAIL_CHECK(violation);
    }
    CHECK(load.acknowledged().size() >= 2 * kEventsEachSide);
}

TEST_CASE("torn edges: a log line that came while ingest had no connection is stored") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    CHECK(tearConnections(group.childPid("eventd-ingest")) == 1);
    REQUIRE(test::evctl(state, {"log", "torn", "said meanwhile"}).status == 0);
    CHECK(group.waitForStderr("eventd-ingest has no connection to eventd-store", kNewEdgeSeconds));
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return test::ask(state, "LOGS FROM torn COUNT").output == "{\"count\":1}\n";
    }));
    CHECK(group.stop() == 0);
}
