#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/config/embedded_paths.h"
#include "common/config/socket_paths.h"
#include "sandbox/supervisor/edge_health.h"
#include "sandbox/supervisor/folders.h"
#include "sandbox/supervisor/group_service.h"
#include "tests/sandbox/fake_stage.h"
#include "tests/support/fake_clock.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <csignal>
#include <functional>
#include <map>

namespace base = evd::base;
namespace config = evd::config;
namespace supervisor = evd::supervisor;
namespace test = evd::test;
namespace wire = evd::wire;

namespace {

// The event loop of the whole test program: kj allows one that waits for children.
kj::AsyncIoContext& loop() {
    static kj::AsyncIoContext io = [] {
        kj::UnixEventPort::captureChildExit();
        return kj::setupAsyncIo();
    }();
    return io;
}

constexpr int kPatienceSeconds = test::kPatienceMs / 1000;

kj::Promise<bool> within(int seconds) {
    return loop().provider->getTimer().afterDelay(seconds * kj::SECONDS).then([] { return false; });
}

bool starts(supervisor::Group& group) {
    return group.start()
        .then([] { return true; }, [](kj::Exception&&) { return false; })
        .exclusiveJoin(within(kPatienceSeconds))
        .wait(loop().waitScope);
}

bool stops(supervisor::Group& group, int seconds = kPatienceSeconds) {
    return group.stop().exclusiveJoin(within(seconds)).wait(loop().waitScope);
}

wire::ProcessStatus statusOf(supervisor::Group& group, std::string_view name) {
    for (auto& process : group.groupStatus()) {
        if (process.name == name) {
            return process;
        }
    }
    return {};
}

int64_t measure(supervisor::Group& group, std::string_view process, std::string_view name) {
    for (const auto& entry : statusOf(group, process).measures) {
        if (entry.name == name) {
            return entry.value;
        }
    }
    return 0;
}

// Turns the loop until the condition holds; false when it does not for kPatienceMs.
bool eventually(const std::function<bool()>& condition) {
    const base::SystemClock clock;
    const int64_t end_ns = clock.monotonicNs() + test::kPatienceMs * base::kNsPerMs;
    while (!condition()) {
        if (clock.monotonicNs() > end_ns) {
            return false;
        }
        loop().provider->getTimer().afterDelay(10 * kj::MILLISECONDS).wait(loop().waitScope);
    }
    return true;
}

void signalProgram(supervisor::Group& group, std::string_view name, int number) {
    const pid_t pid = statusOf(group, name).pid;
    REQUIRE(pid > 0);  // 0 would be ourselves
    REQUIRE(::kill(pid, number) == 0);
}

// A group of fake programs that runs.
struct StartedGroup {
    StartedGroup() { REQUIRE(starts(group)); }

    const base::SystemClock clock;
    test::FakeStage stage;
    supervisor::Group group{loop(), clock, stage.setup()};
};

}  // namespace

TEST_CASE_FIXTURE(StartedGroup,
                  "group: programs start in order, get their descriptors, and end cleanly") {
    for (const char* name : test::kFakeNames) {
        CHECK(statusOf(group, name).state == "running");
        CHECK(statusOf(group, name).pid > 0);
        CHECK(statusOf(group, name).memory_bytes > 0);
    }
    CHECK(eventually([&] { return measure(group, "eventd-sensor", "peer.kmes") == 1; }));
    CHECK(eventually([&] { return measure(group, "eventd-collector", "peer.kmes") == 1; }));
    CHECK(measure(group, "eventd-collector", "peer.store") == 1);
    CHECK(measure(group, "eventd-kmesd", "fd.kmes-listen") == 1);
    CHECK(measure(group, "eventd-queryd", "fd.query") == 1);
    CHECK(measure(group, "eventd-queryd", "fd.rpc") == 1);
    CHECK(measure(group, "eventd-queryd", "fd.notices") == 1);
    CHECK(eventually([&] { return measure(group, "eventd-ingest", "peer.store") == 1; }));
    CHECK(eventually([&] { return measure(group, "eventd-store", "peer.ingest") == 1; }));
    for (const char* door : {"fd.log", "fd.metric", "fd.syslog", "fd.statsd"}) {
        CHECK(measure(group, "eventd-ingest", door) == 1);
    }
    // The store's resume points reach those who start after it.
    CHECK(measure(group, "eventd-kmesd", "resume") == 1);
    CHECK(stops(group));
    CHECK(statusOf(group, "eventd-store").state == "stopped");
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: the doors have the modes of the contract") {  // Contracts §5
    const auto paths = config::socketPaths(stage.settings);
    const auto modeOf = [](const std::string& path) {
        struct stat found {};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
    };
    CHECK(modeOf(paths.query) == 0666);
    CHECK(modeOf(paths.rpc) == 0666);
    CHECK(modeOf(paths.kmes) == 0666);
    for (const auto& path : {paths.log, paths.metric, paths.syslog, paths.statsd}) {
        CHECK(modeOf(path) == 0666);
        CHECK(base::connectUnix(path, SOCK_DGRAM).ok());
    }
    CHECK(modeOf(paths.notices) == 0600);
    CHECK(base::connectUnix(paths.kmes, SOCK_SEQPACKET).ok());
    CHECK(stops(group));
}

TEST_CASE("group: a program that is born again has time for its hellos like the one before") {
    test::FakeClock clock;
    test::FakeStage stage;
    stage.tell("eventd-collector", "torn");
    supervisor::Group group(loop(), clock, stage.setup());
    REQUIRE(starts(group));
    const auto beats = [&] { return measure(group, "eventd-collector", "beats"); };
    REQUIRE(eventually([&] { return beats() > 0; }));
    // It dies with its edge in doubt, and nothing it said is still on its way.
    const auto first = statusOf(group, "eventd-collector").pid;
    signalProgram(group, "eventd-collector", SIGSTOP);
    siginfo_t stopped{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(first), &stopped, WSTOPPED | WNOWAIT) == 0);
    const auto said = beats();
    REQUIRE(eventually([&, turns = 0]() mutable { return ++turns == 5 && beats() >= said; }));
    clock.advanceNs(2 * supervisor::kTornEdgeNs);
    signalProgram(group, "eventd-collector", SIGKILL);
    REQUIRE(eventually([&] {
        const auto now = statusOf(group, "eventd-collector");
        return now.state == "running" && now.pid != first && beats() > 0;
    }));
    const auto born = beats();
    REQUIRE(eventually([&] { return beats() > born; }));
    CHECK(measure(group, "eventd-collector", "fd.store") == 1);
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: a program that dies is there again, and its peers get new edges") {
    const auto first = statusOf(group, "eventd-store").pid;
    REQUIRE(eventually([&] { return measure(group, "eventd-collector", "peer.store") == 1; }));
    signalProgram(group, "eventd-store", SIGKILL);
    CHECK(eventually([&] {
        const auto store = statusOf(group, "eventd-store");
        return store.state == "running" && store.pid != first && store.restarts == 1;
    }));
    CHECK(statusOf(group, "eventd-store").last_exit == "was killed by signal 9 (KILL)");
    // Both ends of the new edge are in use: each has read the other's greeting anew.
    CHECK(eventually([&] { return measure(group, "eventd-collector", "peer.store") == 2; }));
    CHECK(eventually([&] { return measure(group, "eventd-store", "peer.collector") == 1; }));
    CHECK(measure(group, "eventd-collector", "fd.store") == 2);
    CHECK(measure(group, "eventd-store", "restart") == 1);
    CHECK(measure(group, "eventd-collector", "fd.kmes") == 1);
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup, "group: both ends of an edge die at once and meet again") {
    signalProgram(group, "eventd-store", SIGKILL);
    signalProgram(group, "eventd-collector", SIGKILL);
    CHECK(eventually([&] {
        return measure(group, "eventd-store", "peer.collector") >= 1 &&
               statusOf(group, "eventd-store").restarts == 1 &&
               statusOf(group, "eventd-collector").restarts == 1 &&
               measure(group, "eventd-collector", "peer.store") >= 1;
    }));
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: a program that is still starting gets the new edge when its peer dies") {
    stage.tell("eventd-collector", "wait");
    signalProgram(group, "eventd-collector", SIGKILL);
    // It has been given all and asked to start.
    REQUIRE(eventually([&] { return stage.says("eventd-collector", "waits"); }));
    CHECK(statusOf(group, "eventd-collector").state == "starting");
    signalProgram(group, "eventd-store", SIGKILL);
    CHECK(eventually([&] { return statusOf(group, "eventd-collector").state == "running"; }));
    CHECK(statusOf(group, "eventd-collector").restarts == 1);
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(
    StartedGroup,
    "group: a program that is stopped while it starts is replaced too, before its minute") {
    stage.tell("eventd-collector", "wait");
    signalProgram(group, "eventd-collector", SIGKILL);
    REQUIRE(eventually([&] {
        const auto collector = statusOf(group, "eventd-collector");
        return collector.restarts == 1 && collector.pid > 0;
    }));
    stage.untell("eventd-collector", "wait");
    signalProgram(group, "eventd-collector", SIGSTOP);
    const auto runs = [&] { return statusOf(group, "eventd-collector").state == "running"; };
    CHECK(eventually(runs));
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: what kmesd parked is given to its successor") {  // Ruling K6
    CHECK(measure(group, "eventd-kmesd", "fd.ring.0") == 0);
    signalProgram(group, "eventd-kmesd", SIGKILL);
    CHECK(eventually([&] { return measure(group, "eventd-kmesd", "fd.ring.0") == 1; }));
    CHECK(eventually([&] { return measure(group, "eventd-collector", "fd.kmes") == 2; }));
    CHECK(eventually([&] { return measure(group, "eventd-sensor", "fd.kmes") == 2; }));
    CHECK(stops(group));
}

TEST_CASE("group: a start that is refused, crashes, or finds no program fails as a whole") {
    const base::SystemClock clock;
    for (const char* what : {"refuse", "crash"}) {
        CAPTURE(what);
        test::FakeStage stage;
        stage.tell("eventd-collector", what);
        supervisor::Group group(loop(), clock, stage.setup());
        auto failure = group.failure();
        CHECK_FALSE(starts(group));
        const auto reason = failure.wait(loop().waitScope);
        CHECK(reason.find("eventd-collector") != std::string::npos);
        CHECK(statusOf(group, "eventd-sensor").pid == 0);
        group.killAll();
        group.whenAllGone().wait(loop().waitScope);
    }
    test::FakeStage stage;
    stage.program_folder = "/nonexistent";
    supervisor::Group group(loop(), clock, stage.setup());
    auto failure = group.failure();
    CHECK_FALSE(starts(group));
    CHECK(failure.wait(loop().waitScope).find("/nonexistent/eventd-store") != std::string::npos);
}

TEST_CASE("group: a program that keeps dying is given up, and the rest still stops in order") {
    const base::SystemClock clock;
    test::FakeStage stage;
    supervisor::Group group(loop(), clock, stage.setup());
    auto failure = group.failure();
    REQUIRE(starts(group));
    stage.tell("eventd-queryd", "crash");
    signalProgram(group, "eventd-queryd", SIGKILL);
    const auto reason = failure.wait(loop().waitScope);
    CHECK(reason.find("eventd-queryd") != std::string::npos);
    CHECK(reason.find("giving up") != std::string::npos);
    CHECK_FALSE(stops(group));
    CHECK(statusOf(group, "eventd-store").state == "stopped");
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: a program that dies while it stops is started again and drained") {
    signalProgram(group, "eventd-store", SIGKILL);
    CHECK(stops(group));
    CHECK(statusOf(group, "eventd-store").restarts == 1);
}

TEST_CASE("group: a drain that is never answered does not end the stop, and killing does") {
    const base::SystemClock clock;
    test::FakeStage stage;
    stage.tell("eventd-collector", "stuck");
    supervisor::Group group(loop(), clock, stage.setup());
    REQUIRE(starts(group));
    CHECK_FALSE(stops(group, 1));
    CHECK(statusOf(group, "eventd-collector").state == "draining");
    group.killAll();
    CHECK(group.whenAllGone()
              .then([] { return true; })
              .exclusiveJoin(within(kPatienceSeconds))
              .wait(loop().waitScope));
}

TEST_CASE_FIXTURE(StartedGroup, "group: a program that no longer answers is killed and replaced") {
    const auto first = statusOf(group, "eventd-queryd").pid;
    signalProgram(group, "eventd-queryd", SIGSTOP);
    CHECK(eventually([&] {
        const auto queryd = statusOf(group, "eventd-queryd");
        return queryd.pid != first && queryd.state == "running";
    }));
    CHECK(stops(group));
}

TEST_CASE("group: a program whose event loop is locked or runs in circles is replaced too") {
    const base::SystemClock clock;
    for (const char* what : {"lock", "spin"}) {
        CAPTURE(what);
        test::FakeStage stage;
        supervisor::Group group(loop(), clock, stage.setup());
        REQUIRE(starts(group));
        const auto first = statusOf(group, "eventd-queryd").pid;
        stage.tell("eventd-queryd", what);
        CHECK(eventually([&] { return statusOf(group, "eventd-queryd").pid != first; }));
        stage.untell("eventd-queryd", what);
        CHECK(eventually([&] { return statusOf(group, "eventd-queryd").state == "running"; }));
        const std::string last_exit = statusOf(group, "eventd-queryd").last_exit;
        if (std::string_view(what) == "lock") {
            CHECK(last_exit == "was silent for 5 s and was killed by signal 9 (KILL)");
        } else {
            // Longer where others want the processors that it runs in circles on.
            CHECK(last_exit.starts_with("was silent for "));
            CHECK(last_exit.ends_with(" s and was killed by signal 9 (KILL)"));
        }
        CHECK(stops(group));
    }
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: the report of a crash has its signal and what the program said last") {
    const auto first = statusOf(group, "eventd-ingest").pid;
    CHECK(statusOf(group, "eventd-ingest").crashes.empty());
    stage.tell("eventd-ingest", "segv");
    CHECK(eventually([&] { return !statusOf(group, "eventd-ingest").crashes.empty(); }));
    stage.untell("eventd-ingest", "segv");
    CHECK(eventually([&] { return statusOf(group, "eventd-ingest").state == "running"; }));
    const auto crash = statusOf(group, "eventd-ingest").crashes.at(0);
    CHECK(crash.how == "was killed by signal 11 (SEGV)");
    CHECK(crash.pid == first);
    REQUIRE(crash.output.size() == 2);
    CHECK(crash.output[0] == "eventd-ingest: error: first of the last words");
    CHECK(crash.output[1] == "eventd-ingest: error: second of the last words");
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: an upgrade replaces every program once, and what is parked stays") {
    std::map<std::string, int32_t> before;
    for (const char* name : test::kFakeNames) {
        before[name] = statusOf(group, name).pid;
    }
    CHECK(group.upgrade());
    CHECK_FALSE(group.upgrade());  // one at a time
    CHECK(eventually([&] { return !group.upgradePlan().isUnderWay(); }));
    CHECK(statusOf(group, "eventd").upgrade == "upgrade: complete, 6 of 6 programs replaced");
    for (const char* name : test::kFakeNames) {
        CAPTURE(name);
        CHECK(statusOf(group, name).state == "running");
        CHECK(statusOf(group, name).pid != before[name]);
        CHECK(statusOf(group, name).restarts == 1);
        CHECK(statusOf(group, name).last_exit == "ended for its successor");
        CHECK(statusOf(group, name).crashes.empty());
    }
    CHECK(eventually([&] { return measure(group, "eventd-kmesd", "fd.ring.0") == 1; }));
    CHECK(eventually([&] { return measure(group, "eventd-collector", "peer.store") >= 1; }));
    const auto paths = config::socketPaths(stage.settings);
    CHECK(base::connectUnix(paths.log, SOCK_DGRAM).ok());  // its door was never closed
    CHECK(group.upgrade());                                // and again
    CHECK(eventually([&] { return !group.upgradePlan().isUnderWay(); }));
    CHECK(statusOf(group, "eventd-sensor").restarts == 2);
    CHECK(stops(group));
}

TEST_CASE("group: an upgrade ends at a program that does not start, and the others stay") {
    const base::SystemClock clock;
    for (const char* what : {"refuse", "crash"}) {
        CAPTURE(what);
        test::FakeStage stage;
        supervisor::Group group(loop(), clock, stage.setup());
        REQUIRE(starts(group));
        const auto untouched = statusOf(group, "eventd-ingest").pid;
        stage.tell("eventd-queryd", what);
        CHECK(group.upgrade());
        CHECK(eventually([&] { return !group.upgradePlan().isUnderWay(); }));
        CHECK(statusOf(group, "eventd").upgrade.find("stopped at eventd-queryd") !=
              std::string::npos);
        CHECK(statusOf(group, "eventd").upgrade.find("1 of 6") != std::string::npos);
        CHECK(statusOf(group, "eventd-ingest").pid == untouched);
        stage.untell("eventd-queryd", what);
        CHECK(eventually([&] { return statusOf(group, "eventd-queryd").state == "running"; }));
        CHECK(group.upgrade());  // with the mended program it goes through
        CHECK(eventually([&] { return !group.upgradePlan().isUnderWay(); }));
        CHECK(statusOf(group, "eventd").upgrade == "upgrade: complete, 6 of 6 programs replaced");
        CHECK(stops(group));
    }
}

TEST_CASE("group: a stop in the middle of an upgrade stops everything, cleanly") {
    const base::SystemClock clock;
    for (const int turns : {0, 1, 3, 10, 30}) {
        CAPTURE(turns);
        test::FakeStage stage;
        supervisor::Group group(loop(), clock, stage.setup());
        REQUIRE(starts(group));
        REQUIRE(group.upgrade());
        for (int i = 0; i < turns; ++i) {
            loop().provider->getTimer().afterDelay(2 * kj::MILLISECONDS).wait(loop().waitScope);
        }
        CHECK(stops(group));
        CHECK_FALSE(group.upgradePlan().isUnderWay());
        for (const char* name : test::kFakeNames) {
            CHECK(statusOf(group, name).state == "stopped");
        }
        CHECK_FALSE(group.upgrade());
    }
}

TEST_CASE_FIXTURE(StartedGroup, "group: new settings reach every program") {
    auto settings = stage.settings;
    settings.set("MaxBatchSize", uint64_t{123});
    group.configure(settings).wait(loop().waitScope);
    for (const char* name : test::kFakeNames) {
        CHECK(eventually([&] { return measure(group, name, "setting") == 123; }));
    }
    CHECK(stops(group));
}

TEST_CASE("group: what begins with reject. is in the report alone, whoever asks otherwise") {
    const base::SystemClock clock;
    test::FakeStage stage;
    stage.tell("eventd-ingest", "reject");
    supervisor::Group group(loop(), clock, stage.setup());
    REQUIRE(starts(group));
    const auto reported = [&] {
        for (const auto& process : group.reportStatus()) {
            for (const auto& entry : process.measures) {
                if (entry.name == "reject.fake") {
                    return entry.value;
                }
            }
        }
        return int64_t{0};
    };
    CHECK(eventually([&] { return reported() == 1; }));
    CHECK(measure(group, "eventd-ingest", "reject.fake") == 0);
    CHECK(stops(group));
}

TEST_CASE_FIXTURE(StartedGroup,
                  "group: senders are refused, and not kept waiting, once the doors are drained") {
    const auto paths = config::socketPaths(stage.settings);
    const auto sender = base::connectUnix(paths.log, SOCK_DGRAM);
    REQUIRE(sender.ok());
    CHECK(base::sendPacket(sender.value().get(), base::asBytes("x")).ok());
    CHECK(stops(group));
    CHECK_FALSE(base::sendPacket(sender.value().get(), base::asBytes("x")).ok());
}
