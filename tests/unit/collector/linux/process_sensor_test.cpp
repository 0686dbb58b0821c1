#include "collector/linux/process_sensor.h"

#include "common/base/process_connector.h"
#include "common/base/socket.h"
#include "common/wire/msgpack_path.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/collector/linux/connector_bytes.h"
#include "tests/unit/collector/linux/fake_emit_client.h"
#include "tests/unit/collector/linux/fake_proc.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace evd::collector {
namespace {

bool isAbout(const std::vector<uint8_t>& payload, pid_t pid) {
    const auto value = wire::findPath(payload, "pid");
    return value.has_value() && wire::MsgpackReader(*value).next().value().int_value == pid;
}

struct Fixture {
    FakeProc proc;
    test::FakeClock clock;
    std::shared_ptr<EmittedEvents> emitted = std::make_shared<EmittedEvents>();
    base::SocketPair connector = base::makeSocketPair(SOCK_SEQPACKET).value();
    ProcessSensor sensor{proc.fd(), std::move(connector.left), BootTime{}, clock};

    void tell(const std::vector<uint8_t>& message) {
        REQUIRE(base::sendPacket(connector.right.get(), message).ok());
    }
    bool waitFor(std::string_view type, pid_t pid) {
        return emitted->waitFor([&](const std::string& seen, const std::vector<uint8_t>& payload) {
            return seen == type && isAbout(payload, pid);
        });
    }
};

TEST_CASE_FIXTURE(Fixture, "sensor: what the connector tells is emitted") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 1,
              .start = 1,
              .uid = 0,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    sensor.setClient(std::make_unique<FakeEmitClient>(emitted));
    REQUIRE(sensor.start().ok());
    tell(connectorMessage(kForkWhat, {7, 7, 8, 8}));
    CHECK(waitFor("process.fork", 8));
    tell(connectorMessage(kExecWhat, {7, 7}));
    CHECK(waitFor("process.exec", 7));
    tell(connectorMessage(kExitWhat, {7, 7, 0, 17}));
    CHECK(waitFor("process.exit", 7));
    sensor.stop();
    CHECK(sensor.figures().emitted == 3);
    CHECK(sensor.figures().has_connector);
}

TEST_CASE_FIXTURE(Fixture, "sensor: events from before the connection to KMES are emitted by it") {
    REQUIRE(sensor.start().ok());
    tell(connectorMessage(kExecWhat, {7, 7}));
    sensor.setClient(std::make_unique<FakeEmitClient>(emitted));
    CHECK(waitFor("process.exec", 7));
}

TEST_CASE_FIXTURE(Fixture, "sensor: a connection that ended is replaced, its events are kept") {
    auto broken = std::make_shared<EmittedEvents>();
    broken->refuse = [](std::span<const kmes::EmitEntry>) -> std::optional<kmes::BatchOutcome> {
        return kmes::BatchOutcome{0, base::fail(base::ErrorKind::Gone, "ended")};
    };
    sensor.setClient(std::make_unique<FakeEmitClient>(broken));
    REQUIRE(sensor.start().ok());
    tell(connectorMessage(kExecWhat, {7, 7}));
    {
        std::unique_lock lock(broken->mutex);
        REQUIRE(broken->changed.wait_for(lock, std::chrono::seconds(10),
                                         [&]() { return !broken->batch_sizes.empty(); }));
    }
    sensor.setClient(std::make_unique<FakeEmitClient>(emitted));
    CHECK(waitFor("process.exec", 7));
}

TEST_CASE_FIXTURE(Fixture, "sensor: nonsense on the connector changes nothing") {
    sensor.setClient(std::make_unique<FakeEmitClient>(emitted));
    REQUIRE(sensor.start().ok());
    tell(std::vector<uint8_t>(100, 0xFF));
    tell(connectorMessage(kExecWhat, {9, 9}));
    CHECK(waitFor("process.exec", 9));
    sensor.stop();
    CHECK(sensor.figures().emitted == 1);
}

TEST_CASE("sensor: stops at once when it never had a client or a connector") {
    FakeProc proc;
    test::FakeClock clock;
    ProcessSensor sensor(proc.fd(), base::Fd(), BootTime{}, clock);
    REQUIRE(sensor.start().ok());
    sensor.stop();
    CHECK_FALSE(sensor.figures().has_connector);
}

TEST_CASE("sensor: a real process is seen from exec to exit where the kernel has a connector") {
    auto connector = base::openProcessConnector();
    if (!connector.ok()) {
        return;  // not allowed here, or not there
    }
    const base::Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    test::FakeClock clock;
    auto emitted = std::make_shared<EmittedEvents>();
    ProcessSensor sensor(proc.get(), std::move(connector).value(), BootTime{}, clock);
    sensor.setClient(std::make_unique<FakeEmitClient>(emitted));
    REQUIRE(sensor.start().ok());
    pid_t child = 0;
    char program[] = "/bin/true";
    char secret[] = "--token=abc";
    char* arguments[] = {program, secret, nullptr};
    REQUIRE(::posix_spawn(&child, program, nullptr, nullptr, arguments, nullptr) == 0);
    const auto sees = [&](std::string_view type) {
        return emitted->waitFor([&](const std::string& seen, const std::vector<uint8_t>& payload) {
            return seen == type && isAbout(payload, child);
        });
    };
    CHECK(sees("process.exec"));
    CHECK(::waitpid(child, nullptr, 0) == child);
    CHECK(sees("process.exit"));
    const std::lock_guard lock(emitted->mutex);
    for (const auto& [type, payload] : emitted->events) {
        CHECK(base::asText(payload).find("abc") == std::string_view::npos);
    }
}

}  // namespace
}  // namespace evd::collector
