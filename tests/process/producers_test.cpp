// evctl run, and the sensor's jobs in its jail, with sockets of the test's own in the place of the
// group's.

#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/config/embedded_paths.h"
#include "sandbox/supervisor/child_service.h"
#include "sandbox/supervisor/process_table.h"
#include "sandbox/supervisor/spawn.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/group.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_search.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <string_view>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
namespace test = evd::test;
using Words = std::vector<std::string>;

namespace {

test::CommandResult runIn(const test::TemporaryDirectory& folder, const Words& command,
                          const Words& options = {}) {
    Words words = {test::programPath("evctl"), "--socket", folder / "query.sock", "run"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back("--");
    words.insert(words.end(), command.begin(), command.end());
    return test::runCommand(words);
}

size_t count(const std::vector<std::string>& datagrams, const std::string& text) {
    size_t found = 0;
    for (const std::string& datagram : datagrams) {
        found += test::countIn(datagram, text);
    }
    return found;
}

// Nobody asks it for anything.
class NoRequests final : public supervisor::ChildRequests {
  public:
    base::Result<void> park(supervisor::Program, std::string, base::Fd) override { return {}; }
    void unpark(supervisor::Program, std::string_view) override {}
    std::vector<evd::wire::ProcessStatus> groupStatus() override { return {}; }
};

}  // namespace

TEST_CASE("evctl run: lines of both outputs are records of one job, and the status is passed on") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    const auto run =
        runIn(folder, {"sh", "-c", "echo one; echo two >&2; printf three; exit 7"}, {"--verbose"});
    CHECK(run.status == 7);
    CHECK(run.output == "one\nthree");
    const auto datagrams = logs.receive();
    CHECK(count(datagrams, R"("origin":"sh")") == 3);
    CHECK(count(datagrams, R"("message":"one")") == 1);
    CHECK(count(datagrams, R"("is_error":true)") == 1);
    CHECK(count(datagrams, R"("message":"three")") == 1);
    REQUIRE_FALSE(datagrams.empty());
    const size_t job = datagrams[0].find(R"("job_id":{"$binary":")");
    REQUIRE(job != std::string::npos);
    CHECK(count(datagrams, datagrams[0].substr(job, 53)) == 3);
    CHECK(run.errors.find("two\n") == 0);
    CHECK(run.errors.find("3 lines of sh sent as job {") != std::string::npos);
}

// Spec §4.2: however long it takes to send it.
TEST_CASE("evctl run: a line has the time at which it was read") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    const base::SystemClock clock;
    const int64_t begin_ns = clock.wallNs();
    CHECK(runIn(folder, {"sh", "-c", "echo one; sleep 1; echo two"}).status == 0);
    const int64_t end_ns = clock.wallNs();
    std::vector<int64_t> times;
    const std::string key = "\"timestamp\":";
    for (const std::string& datagram : logs.receive()) {
        for (size_t at = datagram.find(key); at != std::string::npos;
             at = datagram.find(key, at + 1)) {
            const auto number = test::numberBehind(std::string_view(datagram).substr(at), key);
            REQUIRE(number.has_value());
            times.push_back(static_cast<int64_t>(*number));
        }
    }
    REQUIRE(times.size() == 2);
    CHECK(times[0] >= begin_ns);
    CHECK(times[1] > times[0] + 100 * base::kNsPerMs);  // the first may be read late
    CHECK(times[1] <= end_ns);
}

TEST_CASE("evctl run: quiet shows nothing, a name may be given, bytes become text") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    const auto run = runIn(folder, {"printf", "a\\377\\n"}, {"--quiet", "--origin", "my build"});
    CHECK(run.status == 0);
    CHECK(run.output.empty());
    CHECK(run.errors.empty());
    const auto datagrams = logs.receive();
    CHECK(count(datagrams, R"("origin":"my build")") == 1);
    CHECK(count(datagrams, "a\xEF\xBF\xBD") == 1);
}

TEST_CASE("evctl run: a command that does not begin, and one that a signal ends") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    CHECK(runIn(folder, {"/no/such/command"}).status == 127);
    CHECK(runIn(folder, {"/"}).status == 126);
    CHECK(runIn(folder, {"sh", "-c", "kill -TERM $$"}).status == 128 + SIGTERM);
}

TEST_CASE("evctl run: without eventd, or with one that takes nothing, the command runs the same") {
    const test::TemporaryDirectory folder;
    const auto alone = runIn(folder, {"seq", "20000"});
    CHECK(alone.status == 0);
    CHECK(alone.output.size() == 108'894);
    CHECK(alone.errors.find("evctl: warning: nobody answers at ") == 0);
    CHECK(std::count(alone.errors.begin(), alone.errors.end(), '\n') == 1);
    const test::DatagramReceiver nobody_reads(folder / "log.sock");
    const auto stalled = runIn(folder, {"seq", "400000"});
    CHECK(stalled.status == 0);
    CHECK(stalled.output.size() == 2'688'895);
    CHECK(stalled.errors.find("lines could not be sent to eventd") != std::string::npos);
    CHECK(std::count(stalled.errors.begin(), stalled.errors.end(), '\n') == 1);
}

TEST_CASE("evctl run: a signal is passed on to the command") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    const auto run = runIn(folder, {"sh", "-c",
                                    "trap 'echo caught; exit 5' TERM; kill -TERM $PPID; "
                                    "while :; do sleep 0.1; done"});
    CHECK(run.status == 5);
    CHECK(count(logs.receive(), R"("message":"caught")") == 1);
}

TEST_CASE("evctl run: the run ends with the command, whoever still holds its output") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    const auto run = runIn(folder, {"sh", "-c", "tail -f /dev/null & echo $!"});
    CHECK(run.status == 0);
    const auto left = base::parseU64(base::trim(run.output));
    REQUIRE(left.ok());
    CHECK(::kill(static_cast<pid_t>(left.value()), SIGKILL) == 0);
}

TEST_CASE("sensor: kernel log and host metrics come out of the jail, and not twice") {
    auto io = kj::setupAsyncIo();
    const test::TemporaryDirectory folder;
    test::DatagramReceiver logs(folder / "log.sock");
    test::DatagramReceiver metrics(folder / "metric.sock");
    auto settings = evd::config::Settings::defaults();
    settings.set("Linux\\Sensors", std::vector<std::string>{"kernel-log", "host-metrics"});
    NoRequests requests;
    for (const bool restart : {false, true}) {
        CAPTURE(restart);
        auto kernel = base::makeSocketPair(SOCK_SEQPACKET);  // one record per read, like kmsg
        REQUIRE(kernel.ok());
        REQUIRE(::fcntl(kernel.value().right.get(), F_SETFL, O_NONBLOCK) == 0);
        for (const char* record : {"3,1,5,-;first\n", "6,2,6,-;second\n"}) {
            REQUIRE(base::sendPacket(kernel.value().left.get(), base::asBytes(record)).ok());
        }
        if (restart) {
            REQUIRE(
                base::sendPacket(kernel.value().left.get(), base::asBytes("6,3,7,-;third\n")).ok());
        }
        std::vector<supervisor::NamedFd> descriptors;
        descriptors.push_back({"kmsg", std::move(kernel.value().right)});
        descriptors.push_back(
            {"kmsg-position",
             base::Fd(::open((folder / "position").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))});
        descriptors.push_back({"log", base::connectUnix(folder / "log.sock", SOCK_DGRAM).value()});
        descriptors.push_back(
            {"metric", base::connectUnix(folder / "metric.sock", SOCK_DGRAM).value()});
        evd::ipc::StartParams params;
        params.settings = settings;
        auto spawned = supervisor::spawnProgram(EVD_BIN_FOLDER, "eventd-sensor", {});
        REQUIRE(spawned.ok());
        const pid_t pid = spawned.value().pid;
        {
            supervisor::ChildConnection sensor(io, std::move(spawned).value(),
                                               {supervisor::Program::Sensor, "eventd-sensor"},
                                               requests);
            (void)sensor.start(std::move(descriptors), params).wait(io.waitScope);
            const auto told = logs.waitReceive();
            CHECK(count(told, R"("origin":"kernel")") == (restart ? 1 : 2));
            CHECK(count(told, R"("message":"third")") == (restart ? 1 : 0));
            const auto measured = metrics.waitReceive();
            CHECK(count(measured, R"("name":"cpu.seconds.total")") >= 8);
            CHECK(count(measured, R"("name":"filesystem.total.bytes")") >= 1);
            sensor.drain(/*has_successor=*/false).wait(io.waitScope);
        }
        int status = -1;
        CHECK(::waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
    }
}
