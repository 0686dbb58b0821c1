#include "sandbox/supervisor/outside_kmes_service.h"

#include "common/base/socket.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace evd::supervisor {
namespace {

constexpr ProgramSpec kCollector = {.program = Program::Collector, .name = "eventd-collector"};
constexpr ProgramSpec kSensor = {.program = Program::Sensor, .name = "eventd-sensor"};

// A KMES that is there when the test listens, and a clock that goes when the test says so.
struct Fixture {
    void listen() {
        auto made = base::listenUnix(path, SOCK_SEQPACKET | SOCK_NONBLOCK, 0600, 8);
        REQUIRE(made.ok());
        listener = std::move(made).value();
    }
    // The connection that came first of those that have not been accepted; none, when none came.
    base::Fd accept() const {
        return base::Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    void pass(int64_t seconds) {
        io.waitScope.poll();
        timer.advanceTo(timer.now() + seconds * kj::SECONDS);
        io.waitScope.poll();
    }

    test::TemporaryDirectory folder;
    std::string path = folder / "kmes.sock";
    base::Fd listener;
    kj::AsyncIoContext io = kj::setupAsyncIo();
    kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
    std::vector<std::pair<Program, NamedFd>> given;
    OutsideKmes kmes{io.unixEventPort, timer, path, [this](Program program, NamedFd end) {
                         given.emplace_back(program, std::move(end));
                     }};
};

TEST_CASE("outside kmes: a connection that ends is made anew and given to its program, it alone") {
    Fixture fixture;
    fixture.listen();
    REQUIRE(fixture.kmes.connect(kCollector).ok());
    base::Fd first = fixture.accept();
    const auto other = fixture.kmes.connect(kSensor);
    REQUIRE(other.ok());
    CHECK(other.value().name == "kmes");
    const base::Fd others = fixture.accept();
    fixture.pass(100);
    CHECK(fixture.given.empty());

    first.reset();
    fixture.pass(1);
    REQUIRE(fixture.given.size() == 1);
    CHECK(fixture.given.front().first == Program::Collector);
    CHECK(fixture.given.front().second.name == "kmes");
    const base::Fd second = fixture.accept();
    REQUIRE(second.valid());
    const std::array<uint8_t, 2> packet = {7, 8};
    std::array<uint8_t, 2> received{};
    REQUIRE(base::sendPacket(fixture.given.front().second.fd.get(), packet).ok());
    REQUIRE(base::receivePacket(second.get(), received).ok());
    CHECK(received == packet);
}

TEST_CASE("outside kmes: while nobody answers it is tried every second, from the beginning too") {
    Fixture fixture;
    CHECK_FALSE(fixture.kmes.connect(kSensor).ok());
    fixture.pass(1);
    fixture.pass(1);
    CHECK(fixture.given.empty());
    fixture.listen();
    fixture.pass(1);
    CHECK(fixture.given.size() == 1);
}

TEST_CASE("outside kmes: connections that do not last are made less and less often") {
    Fixture fixture;
    fixture.listen();
    REQUIRE(fixture.kmes.connect(kCollector).ok());
    fixture.accept().reset();
    const std::array<int64_t, 9> pauses = {1, 2, 4, 8, 16, 32, 64, 64, 64};
    for (size_t i = 0; i < pauses.size(); ++i) {
        fixture.pass(pauses[i] - 1);
        CHECK(fixture.given.size() == i);
        fixture.pass(1);
        CHECK(fixture.given.size() == i + 1);
        fixture.accept().reset();
    }
    fixture.pass(64);
    base::Fd lasting = fixture.accept();
    fixture.pass(64);
    const size_t before = fixture.given.size();
    lasting.reset();
    fixture.pass(1);
    CHECK(fixture.given.size() == before + 1);
}

TEST_CASE("outside kmes: what a program had that was born again is looked after no longer") {
    Fixture fixture;
    fixture.listen();
    REQUIRE(fixture.kmes.connect(kCollector).ok());
    base::Fd first = fixture.accept();
    REQUIRE(fixture.kmes.connect(kCollector).ok());
    base::Fd second = fixture.accept();
    first.reset();
    fixture.pass(100);
    CHECK(fixture.given.empty());
    second.reset();
    fixture.pass(1);
    CHECK(fixture.given.size() == 1);
}

}  // namespace
}  // namespace evd::supervisor
