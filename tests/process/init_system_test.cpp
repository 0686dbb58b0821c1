// The group under a service manager, which the test plays: sockets that are handed over, rings that
// outlive the supervisor, and the watchdog. The real ones, systemd and peinit, speak the same
// protocol; systemd is tried in systemd/run.sh, peinit does not run here.

#include "tests/support/init_system.h"
#include "common/base/text.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <csignal>
#include <filesystem>

namespace base = evd::base;
namespace test = evd::test;
namespace fs = std::filesystem;
using test::ask;

namespace {

constexpr const char* kEventType = "init.event";
constexpr uint32_t kEvents = 200;

test::GroupOptions quiet() {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    return options;
}

void emit(const test::StateFolder& state, uint64_t first) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 20);
    REQUIRE(emitter.emit(first, kEvents).acknowledged == kEvents);
}

ino_t inodeOf(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

base::Fd bound(const std::string& path, int type) {
    auto socket = base::listenUnix(path, type, 0666, 16);
    REQUIRE(socket.ok());
    return std::move(socket).value();
}

void checkAllStored(const test::StateFolder& state, size_t events) {
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    CHECK(report.violations.empty());
    CHECK(report.gap_records == 0);
    CHECK(report.distinct() == events);
    CHECK(report.numbers.size() == events);
}

}  // namespace

TEST_CASE("init system: rings with events that nobody has read outlive a killed supervisor") {
    const test::StateFolder state;
    test::InitSystem init(state.below("notify.sock"));
    {
        auto options = quiet();
        init.handOver(options);
        test::Group group(state, options);
        REQUIRE(init.waitFor("READY=1", test::kReadySeconds));
        CHECK(init.stored.size() == 5);  // two memories for each ring, and the counters
        REQUIRE(group.signalChild("eventd-collector", SIGSTOP));  // These stay in the ring.
        emit(state, 1);
        group.signal(SIGKILL);
        (void)group.waitExit(test::kStopSeconds);
    }
    init.read();
    auto options = quiet();
    init.handOver(options);
    test::Group again(state, options);
    REQUIRE(init.waitFor("READY=1", test::kReadySeconds));
    CHECK(init.stored.size() == 5);  // It has given them back for the next time.
    emit(state, 1 + kEvents);
    CHECK(again.stop() == 0);
    checkAllStored(state, 2 * kEvents);
}

TEST_CASE("init system: what is kept of another boot, or of nobody, is dropped") {
    const test::StateFolder state;
    test::InitSystem init(state.below("notify.sock"));
    init.stored.emplace_back("eventd-kmesd.{01234567-89ab-cdef-0123-456789abcdef}.ring.counters",
                             base::Fd(::dup(STDERR_FILENO)));
    init.stored.emplace_back("somebody", base::Fd(::dup(STDERR_FILENO)));
    auto options = quiet();
    init.handOver(options);
    test::Group group(state, options);
    REQUIRE(init.waitFor("READY=1", test::kReadySeconds));
    CHECK(init.stored.size() == 5);
    CHECK(group.stderrText().find("no use for the inherited descriptor somebody") !=
          std::string::npos);
    CHECK(group.stop() == 0);
}

TEST_CASE("init system: sockets that are handed over are used, with what waits in them") {
    const test::StateFolder state;
    fs::create_directory(state.below("run"));
    test::InitSystem init(state.below("notify.sock"));
    const base::Fd query = bound(state.below("run/query.sock"), SOCK_STREAM);
    const base::Fd log = bound(state.below("run/log.sock"), SOCK_DGRAM);
    const base::Fd metric = bound(state.below("run/metric.sock"), SOCK_DGRAM);
    const ino_t before = inodeOf(state.below("run/query.sock"));
    const auto sent = test::evctl(state, {"log", "early.bird", "sent before anybody was there"});
    REQUIRE(sent.status == 0);

    auto options = quiet();
    init.handOver(options, {{"query", query.get()}, {"log", log.get()}, {"metric", metric.get()}});
    test::Group group(state, options);
    REQUIRE(init.waitFor("READY=1", test::kReadySeconds));
    CHECK(inodeOf(state.below("run/query.sock")) == before);
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return ask(state, "LOGS FROM early.bird").output.find("sent before") != std::string::npos;
    }));
    CHECK(group.stop() == 0);
}

TEST_CASE("init system: a socket of another kind or path refuses the start and says why") {
    const test::StateFolder state;
    fs::create_directory(state.below("run"));
    const base::Fd elsewhere = bound(state.below("run/other.sock"), SOCK_STREAM);
    const base::Fd datagrams = bound(state.below("run/query.sock"), SOCK_DGRAM);
    for (const auto& [fd, said] : {std::pair(elsewhere.get(), "but the settings say"),
                                   std::pair(datagrams.get(), "no Unix socket of the kind")}) {
        test::InitSystem init(state.below(base::cat("notify", fd)));
        auto options = quiet();
        init.handOver(options, {{"query", fd}});
        test::Group group(state, options);
        CHECK(group.waitExit(test::kReadySeconds) == 1);
        CHECK(group.stderrText().find(said) != std::string::npos);
        CHECK_FALSE(init.read("READY=1"));
    }
}

TEST_CASE("init system: the watchdog is fed while the group lives") {
    const test::StateFolder state;
    test::InitSystem init(state.below("notify.sock"));
    auto options = quiet();
    init.handOver(options);
    options.environment.push_back("WATCHDOG_USEC=400000");
    test::Group group(state, options);
    REQUIRE(init.waitFor("READY=1", test::kReadySeconds));
    CHECK(init.waitFor("WATCHDOG=1", 5));
    CHECK(init.waitFor("WATCHDOG=1", 5));
    CHECK(group.stop() == 0);
}
