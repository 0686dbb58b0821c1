#include "sandbox/supervisor/notify.h"

#include "common/base/socket.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstddef>
#include <string>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
namespace test = evd::test;

namespace {

// A service manager's end. A leading @ in the address is the abstract name space.
base::Fd managerAt(std::string address) {
    base::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.front() == '@') {
        address.front() = '\0';
    }
    address.copy(name.sun_path, sizeof(name.sun_path));
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), bytes) == 0);
    return fd;
}

std::string heard(const base::Fd& manager) {
    char text[256];
    const ssize_t bytes = ::recv(manager.get(), text, sizeof(text), MSG_DONTWAIT);
    return bytes > 0 ? std::string(text, static_cast<size_t>(bytes)) : std::string();
}

}  // namespace

TEST_CASE("notify: each state is one datagram") {
    const test::TemporaryDirectory folder;
    const auto manager = managerAt(folder / "notify");
    auto notify = supervisor::Notify::open((folder / "notify").c_str());
    REQUIRE(notify.ok());
    notify.value().ready();
    CHECK(heard(manager) == "READY=1\n");
    notify.value().reloading(1234);
    CHECK(heard(manager) == "RELOADING=1\nMONOTONIC_USEC=1234\n");
    notify.value().watchdog();
    CHECK(heard(manager) == "WATCHDOG=1\n");
    notify.value().stopping();
    CHECK(heard(manager) == "STOPPING=1\n");
    CHECK(heard(manager).empty());
}

TEST_CASE("notify: a descriptor goes with its name, and is taken back by it") {
    const test::TemporaryDirectory folder;
    const auto manager = managerAt(folder / "notify");
    auto notify = supervisor::Notify::open((folder / "notify").c_str());
    REQUIRE(notify.ok());
    CHECK(notify.value().storeFd("ring", manager.get()));
    uint8_t bytes[256];
    const auto packet = base::receivePacket(manager.get(), bytes);
    REQUIRE(packet.ok());
    CHECK(std::string(bytes, bytes + packet.value().bytes) == "FDSTORE=1\nFDNAME=ring\nFDPOLL=0\n");
    CHECK(packet.value().fds.size() == 1);
    notify.value().removeFd("ring");
    CHECK(heard(manager) == "FDSTOREREMOVE=1\nFDNAME=ring\n");
}

TEST_CASE("notify: a manager that does not read holds a start up for a moment, not for ever") {
    const test::TemporaryDirectory folder;
    const auto manager = managerAt(folder / "notify");
    auto notify = supervisor::Notify::open((folder / "notify").c_str());
    REQUIRE(notify.ok());
    bool refused = false;
    for (int i = 0; i < 10'000 && !refused; ++i) {
        refused = !notify.value().storeFd("ring", manager.get());
    }
    CHECK(refused);
    notify.value().watchdog();  // comes back at once
}

TEST_CASE("notify: an abstract address works") {
    const std::string address = "@evd-notify-test-" + std::to_string(::getpid());
    const auto manager = managerAt(address);
    auto notify = supervisor::Notify::open(address.c_str());
    REQUIRE(notify.ok());
    notify.value().ready();
    CHECK(heard(manager) == "READY=1\n");
}

TEST_CASE("notify: without an address, and with nobody there, nothing happens") {
    auto silent = supervisor::Notify::open(nullptr);
    REQUIRE(silent.ok());
    silent.value().ready();
    auto nobody = supervisor::Notify::open("/nonexistent/notify");
    REQUIRE(nobody.ok());
    nobody.value().ready();
}

TEST_CASE("notify: a manager that does not read does not stop us") {
    const test::TemporaryDirectory folder;
    const auto manager = managerAt(folder / "notify");
    auto notify = supervisor::Notify::open((folder / "notify").c_str());
    for (int i = 0; i < 10'000; ++i) {
        notify.value().watchdog();
    }
    CHECK(heard(manager) == "WATCHDOG=1\n");
}

TEST_CASE("notify: what is no address is refused") {
    CHECK_FALSE(supervisor::Notify::open("relative").ok());
    const std::string longest = "/" + std::string(106, 'x');
    CHECK(supervisor::Notify::open(longest.c_str()).ok());
    CHECK_FALSE(supervisor::Notify::open((longest + "x").c_str()).ok());
}

TEST_CASE("notify: the watchdog is due at half its time, when it is meant for us") {
    CHECK(supervisor::watchdogIntervalNs("2000000", nullptr, 7) == 1'000'000'000);
    CHECK(supervisor::watchdogIntervalNs("2000000", "7", 7) == 1'000'000'000);
    CHECK_FALSE(supervisor::watchdogIntervalNs("2000000", "8", 7));
    CHECK_FALSE(supervisor::watchdogIntervalNs("2000000", "x", 7));
    CHECK_FALSE(supervisor::watchdogIntervalNs(nullptr, nullptr, 7));
    CHECK_FALSE(supervisor::watchdogIntervalNs("0", nullptr, 7));
    CHECK_FALSE(supervisor::watchdogIntervalNs("x", nullptr, 7));
    CHECK_FALSE(supervisor::watchdogIntervalNs("18446744073709551615", nullptr, 7));
}
