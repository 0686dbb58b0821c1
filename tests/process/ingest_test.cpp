// The doors for logs and metrics of a running group: there when it is ready, deaf to nonsense, and
// never a reason for a sender to wait.

#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <algorithm>
#include <csignal>

namespace base = evd::base;
namespace test = evd::test;
using Bytes = std::vector<uint8_t>;

namespace {

mode_t modeOf(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & (S_IFMT | 0777) : 0;
}

base::Fd sender(const std::string& path) {
    auto connected = base::connectUnix(path, SOCK_DGRAM);
    REQUIRE(connected.ok());
    return std::move(connected).value();
}

Bytes record(std::string_view json) {
    return test::msgpackOfJson(json).value();
}

constexpr std::string_view kGood = R"({"origin":"a","is_error":false,"message":"m"})";

}  // namespace

TEST_CASE("ingest: the doors have mode 0666 when the group is ready, two of them only if wanted") {
    const test::StateFolder plain;
    test::Group group(plain, {});
    REQUIRE(group.waitReady());
    CHECK(modeOf(plain.below("run/log.sock")) == (S_IFSOCK | 0666));
    CHECK(modeOf(plain.below("run/metric.sock")) == (S_IFSOCK | 0666));
    CHECK(modeOf(plain.below("run/syslog.sock")) == 0);
    CHECK(modeOf(plain.below("run/statsd.sock")) == 0);

    const test::StateFolder state;
    const auto path = [&](const char* name) { return base::cat('"', state.below(name), '"'); };
    test::Group more(state, {.values = {{"Linux", "SyslogSocketPath", "sz", path("s.sock")},
                                        {"Linux", "StatsdSocketPath", "sz", path("d.sock")}},
                             .arguments = {},
                             .environment = {}});
    REQUIRE(more.waitReady());
    CHECK(modeOf(state.below("s.sock")) == (S_IFSOCK | 0666));
    CHECK(modeOf(state.below("d.sock")) == (S_IFSOCK | 0666));
    CHECK(more.stop() == 0);
}

TEST_CASE("ingest: what is malformed is told of in the report of SIGQUIT alone (Ruling L3)") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const pid_t ingest = group.childPid("eventd-ingest");
    const base::Fd log = sender(state.below("run/log.sock"));
    const base::Fd metric = sender(state.below("run/metric.sock"));
    for (const auto& bytes : {Bytes{0xC1}, Bytes{}, record("7"), record("{}"), record(kGood)}) {
        REQUIRE(base::sendPacket(log.get(), bytes).ok());
        REQUIRE(base::sendPacket(metric.get(), bytes).ok());
    }
    // A heartbeat brings the figures to those who show them.
    REQUIRE(test::waitUntil(test::kPatienceMs, [&] {
        return test::ask(state, "status").output.find("\"door.log.records\":1") !=
               std::string::npos;
    }));
    const auto status = test::evctl(state, {"status"});
    CHECK(status.status == 0);
    CHECK(status.output.find("reject") == std::string::npos);
    CHECK(group.childPid("eventd-ingest") == ingest);
    const auto events = test::ask(state, "EVENTS synthetic.* DISTINCT event_type");
    CHECK(events.output == "{\"event_type\":\"synthetic.startup\"}\n");
    CHECK(group.stderrText().find("malformed") == std::string::npos);
    group.signal(SIGQUIT);
    CHECK(group.waitForStderr("reject.log.malformed 2", test::kStopSeconds));
    CHECK(group.waitForStderr("reject.metric.missing_field 2", test::kStopSeconds));
    CHECK(group.waitExit(test::kStopSeconds) == 0);
}

TEST_CASE("ingest: a stopped store blocks no sender") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    REQUIRE(group.signalChild("eventd-store", SIGSTOP));
    const base::Fd log = sender(state.below("run/log.sock"));
    const Bytes bytes = record(
        base::cat(R"({"origin":"a","is_error":false,"message":")", std::string(2000, 'm'), "\"}"));
    const base::SystemClock clock;
    int64_t worst_ns = 0;
    // Twice what the window holds; a sender that waited for the store would wait for good.
    for (int i = 0; i < 16'000; ++i) {
        const int64_t begin_ns = clock.monotonicNs();
        REQUIRE(base::sendPacket(log.get(), bytes).ok());
        worst_ns = std::max(worst_ns, clock.monotonicNs() - begin_ns);
    }
    MESSAGE(base::cat("longest send ", worst_ns / base::kNsPerUs, " us"));
    CHECK(worst_ns < base::kNsPerSecond);
    REQUIRE(group.signalChild("eventd-store", SIGCONT));
    CHECK(group.stop() == 0);
}
