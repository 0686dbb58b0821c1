#include "collector/linux/host_metrics_sensor.h"

#include "common/base/socket.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <filesystem>
#include <thread>

namespace evd::collector {
namespace {

base::DatagramSender connectTo(const std::string& path) {
    auto socket = base::connectUnix(path, SOCK_DGRAM);
    REQUIRE(socket.ok());
    return base::DatagramSender(std::move(socket).value());
}

base::Fd openFolder(const std::string& path) {
    return base::Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool tells(const std::string& json, const std::string& name) {
    return json.find("\"name\":\"" + name + "\"") != std::string::npos;
}

TEST_CASE("host reader: files of /proc, those that are missing are absent") {
    const test::TemporaryDirectory proc;
    std::filesystem::create_directory(proc / "self");
    std::filesystem::create_directory(proc / "17");
    test::writeTextFile(proc / "stat", "cpu0 1 2 3 4 5 6 7 8\nctxt 9\n");
    test::writeTextFile(proc / "uptime", "12.5 1\n");
    test::writeTextFile(proc / "self/mounts",
                        "tmpfs / tmpfs rw 0 0\ntmpfs /no/such/place tmpfs rw 0 0\n");
    const auto folder = openFolder(proc.path());
    const test::FakeClock clock;
    const HostSnapshot snapshot = HostReader(folder.get(), 100, clock).read();
    CHECK(snapshot.timestamp_ns == test::FakeClock::kStartWallNs);
    CHECK(snapshot.stat.cores.size() == 1);
    CHECK(snapshot.stat.context_switches == 9U);
    CHECK(snapshot.uptime_seconds == 12.5);
    CHECK(snapshot.processes == 1U);
    REQUIRE(snapshot.file_systems.size() == 1);
    CHECK(snapshot.file_systems[0].total_bytes > 0);
    CHECK(snapshot.memory.empty());
    CHECK(snapshot.pressure.empty());
    CHECK_FALSE(snapshot.load.has_value());
}

TEST_CASE("host reader: a file above the limit is cut, and its broken line left out") {
    const test::TemporaryDirectory proc;
    std::string text = "cpu0 1 2 3 4 5 6 7 8\nintr 5";
    text.append(kHostFileBytesMax, ' ');
    test::writeTextFile(proc / "stat", text + "\nctxt 9\n");
    const auto folder = openFolder(proc.path());
    const test::FakeClock clock;
    const HostSnapshot snapshot = HostReader(folder.get(), 100, clock).read();
    CHECK(snapshot.stat.cores.size() == 1);
    CHECK_FALSE(snapshot.stat.interrupts.has_value());
    CHECK_FALSE(snapshot.stat.context_switches.has_value());
}

TEST_CASE("host metrics sensor: this machine, at once, and its usage with the second look") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver receiver(folder / "metric.sock");
    const auto proc = openFolder("/proc");
    test::FakeClock clock;
    HostMetricsSensor sensor(HostReader(proc.get(), 100, clock), connectTo(folder / "metric.sock"),
                             3600, clock);
    REQUIRE(sensor.start().ok());
    const auto first = receiver.waitReceive();
    REQUIRE_FALSE(first.empty());
    CHECK(first[0].front() == '[');
    for (const char* name :
         {"cpu.seconds.total", "memory.total.bytes", "load.average", "system.uptime.seconds",
          "network.received.bytes.total", "process.count"}) {
        CAPTURE(name);
        CHECK(tells(first[0], name));
    }
    CHECK_FALSE(tells(first[0], "cpu.usage"));
    clock.advanceMs(HostMetricsSensor::kSecondLookMs);
    sensor.setInterval(3600);  // wakes it
    CHECK_FALSE(receiver.waitReceive().empty());
    sensor.stop();
    CHECK(sensor.figures().looks == 2);
    CHECK(sensor.figures().samples > 20);
    CHECK(sensor.figures().dropped == 0);
}

TEST_CASE("host metrics sensor: a shorter interval holds at once") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver receiver(folder / "metric.sock");
    const test::TemporaryDirectory empty;
    test::writeTextFile(empty / "uptime", "1 1\n");
    const auto proc = openFolder(empty.path());
    test::FakeClock clock;
    HostMetricsSensor sensor(HostReader(proc.get(), 100, clock), connectTo(folder / "metric.sock"),
                             3600, clock);
    REQUIRE(sensor.start().ok());
    CHECK(receiver.waitReceive().size() == 1);
    clock.advanceMs(HostMetricsSensor::kSecondLookMs);
    sensor.setInterval(3600);
    CHECK(receiver.waitReceive().size() == 1);
    clock.advanceMs(15'000);
    sensor.setInterval(15);
    CHECK(receiver.waitReceive().size() == 1);
}

TEST_CASE("host metrics sensor: what a full socket does not take is dropped and counted") {
    const test::TemporaryDirectory folder;
    test::DatagramReceiver receiver(folder / "metric.sock");
    auto filler = connectTo(folder / "metric.sock");
    const uint8_t nil[] = {0xC0};
    while (filler.send(nil) == base::DatagramSender::Outcome::Sent) {
    }
    const auto proc = openFolder("/proc");
    test::FakeClock clock;
    HostMetricsSensor sensor(HostReader(proc.get(), 100, clock), connectTo(folder / "metric.sock"),
                             15, clock);
    REQUIRE(sensor.start().ok());
    while (sensor.figures().looks == 0) {
        std::this_thread::yield();
    }
    sensor.stop();
    CHECK(sensor.figures().samples == 0);
    CHECK(sensor.figures().dropped > 0);
}

TEST_CASE("host metrics sensor: a sensor that nobody hears ends") {
    const test::FakeClock clock;
    const auto proc = openFolder("/proc");
    HostMetricsSensor sensor(HostReader(proc.get(), 100, clock), base::DatagramSender(), 15, clock);
    REQUIRE(sensor.start().ok());
    sensor.stop();
    CHECK(sensor.figures().samples == 0);
}

}  // namespace
}  // namespace evd::collector
