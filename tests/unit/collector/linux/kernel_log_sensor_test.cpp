#include "collector/linux/kernel_log_sensor.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evd::collector {
namespace {

base::Guid boot(const char* last_digit) {
    return base::parseGuid(base::cat("00000000-0000-4000-8000-00000000000", last_digit)).value();
}

base::Fd openFile(const std::string& path) {
    return base::Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

// A kernel's log, a position file and a log socket of the test's own.
class Bench {
  public:
    Bench() : receiver(folder / "log.sock") { makeLog(); }

    // A log in which nothing was written yet.
    void makeLog() {
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        kernel_ = std::move(pair.value().left);
        log_ = std::move(pair.value().right);
        REQUIRE(::fcntl(log_.get(), F_SETFL, O_NONBLOCK) == 0);
    }
    void write(std::string_view record) {
        REQUIRE(base::sendPacket(kernel_.get(), base::asBytes(record)).ok());
    }
    void write(uint64_t sequence, std::string_view text) {
        write(base::cat("6,", sequence, ",500000,-;", text, "\n"));
    }
    std::unique_ptr<KernelLogSensor> start(const base::Guid& boot_id = boot("1")) {
        auto socket = base::connectUnix(folder / "log.sock", SOCK_DGRAM);
        REQUIRE(socket.ok());
        auto sensor = std::make_unique<KernelLogSensor>(
            std::move(log_), KernelLogPosition(openFile(folder / "position"), boot_id),
            base::DatagramSender(std::move(socket).value()), clock);
        REQUIRE(sensor->start().ok());
        return sensor;
    }
    // Messages of what has arrived, when there are as many.
    std::vector<std::string> messages(size_t count) {
        std::vector<std::string> found;
        while (found.size() < count) {
            const auto datagrams = receiver.waitReceive();
            REQUIRE_FALSE(datagrams.empty());
            for (const std::string& datagram : datagrams) {
                for (size_t at = datagram.find(kMessage); at != std::string::npos;
                     at = datagram.find(kMessage, at + 1)) {
                    const size_t start = at + kMessage.size();
                    found.push_back(datagram.substr(start, datagram.find('"', start) - start));
                }
            }
        }
        return found;
    }

    test::TemporaryDirectory folder;
    test::DatagramReceiver receiver;
    test::FakeClock clock;

  private:
    static constexpr std::string_view kMessage = "\"message\":\"";

    base::Fd kernel_;
    base::Fd log_;
};

using Texts = std::vector<std::string>;

TEST_CASE("kernel log sensor: a record becomes a log record of the kernel, at its wall time") {
    Bench bench;  // The fake clock's monotonic time is one second.
    bench.write("3,17,400000,-;disk gone\n SUBSYSTEM=scsi\n");
    const auto sensor = bench.start();
    const auto datagrams = bench.receiver.waitReceive();
    CHECK(datagrams ==
          Texts{base::cat(R"({"is_error":true,"message":"disk gone","origin":"kernel",)",
                          R"("timestamp":)", test::FakeClock::kStartWallNs - 600'000'000, "}")});
}

TEST_CASE("kernel log sensor: levels above error are none, stamps of the future are now") {
    Bench bench;
    bench.write("4,17,99000000,-;warning");
    const auto sensor = bench.start();
    const auto datagrams = bench.receiver.waitReceive();
    CHECK(datagrams ==
          Texts{base::cat(R"({"is_error":false,"message":"warning","origin":"kernel",)",
                          R"("timestamp":)", test::FakeClock::kStartWallNs, "}")});
}

TEST_CASE("kernel log sensor: lines of one record are records, what is unreadable is counted") {
    Bench bench;
    bench.write("no record");
    bench.write(5, "one\\x0atwo");
    const auto sensor = bench.start();
    CHECK(bench.messages(2) == Texts{"one", "two"});
    bench.write(6, "three");  // while it sleeps
    CHECK(bench.messages(1) == Texts{"three"});
    sensor->stop();
    CHECK(sensor->figures().records == 3);
    CHECK(sensor->figures().unreadable == 1);
    CHECK(sensor->figures().lost == 0);
}

TEST_CASE("kernel log sensor: a successor goes on where the one before stopped") {
    Bench bench;
    bench.write(0, "a");
    bench.write(1, "b");
    auto sensor = bench.start();
    CHECK(bench.messages(2) == Texts{"a", "b"});
    sensor.reset();
    bench.makeLog();  // The kernel gives every reader all it has.
    bench.write(0, "a");
    bench.write(1, "b");
    bench.write(2, "c");
    sensor = bench.start();
    CHECK(bench.messages(1) == Texts{"c"});
    sensor.reset();
    bench.makeLog();
    bench.write(0, "another boot");
    sensor = bench.start(boot("2"));
    CHECK(bench.messages(1) == Texts{"another boot"});
}

TEST_CASE("kernel log sensor: what the kernel overwrote is counted and the rest is sent") {
    Bench bench;
    bench.write(70, "oldest");  // What was before is not lost: nobody was there to read it.
    bench.write(74, "after a hole of three");
    auto sensor = bench.start();
    CHECK(bench.messages(2).size() == 2);
    CHECK(sensor->figures().lost == 3);
    sensor.reset();
    bench.makeLog();
    bench.write(80, "after five that no sensor saw");
    sensor = bench.start();
    CHECK(bench.messages(1).size() == 1);
    CHECK(sensor->figures().lost == 5);
}

TEST_CASE("kernel log sensor: what could not be read is not counted as overwritten too") {
    Bench bench;
    bench.write(5, "one");
    bench.write("no record");  // 6
    bench.write(7, "two");
    bench.write("no record");  // 8 or 9
    bench.write(10, "three");
    const auto sensor = bench.start();
    CHECK(bench.messages(3) == Texts{"one", "two", "three"});
    sensor->stop();
    CHECK(sensor->figures().unreadable == 2);
    CHECK(sensor->figures().lost == 1);
}

TEST_CASE("kernel log sensor: while the log socket is full nothing is lost and nothing waits") {
    Bench bench;
    auto filler = base::connectUnix(bench.folder / "log.sock", SOCK_DGRAM);
    REQUIRE(filler.ok());
    base::DatagramSender sender(std::move(filler).value());
    const uint8_t nil[] = {0xC0};
    while (sender.send(nil) == base::DatagramSender::Outcome::Sent) {
    }
    bench.write(0, "kept");
    const auto sensor = bench.start();
    bench.write(1, "too");
    CHECK(bench.messages(2) == Texts{"kept", "too"});
}

TEST_CASE("kernel log sensor: without a receiver it gives up, and stops all the same") {
    Bench bench;
    bench.write(0, "unheard");
    KernelLogSensor sensor(base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
                           KernelLogPosition(base::Fd(), boot("1")), base::DatagramSender(),
                           bench.clock);
    REQUIRE(sensor.start().ok());  // /dev/null ends at once, which a kernel's log never does
    sensor.stop();
    CHECK(sensor.figures().records == 0);
}

TEST_CASE("kernel log position: another version, another boot or half a file count as none") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "position";
    {
        KernelLogPosition position(openFile(path), boot("1"));
        CHECK_FALSE(position.known());
        position.store(0x0102'0304'0506'0708);
    }
    CHECK(KernelLogPosition(openFile(path), boot("1")).next() == 0x0102'0304'0506'0708);
    CHECK_FALSE(KernelLogPosition(openFile(path), boot("2")).known());
    {
        const auto file = openFile(path);
        REQUIRE(::pwrite(file.get(), "X", 1, 6) == 1);
    }
    CHECK_FALSE(KernelLogPosition(openFile(path), boot("1")).known());
    REQUIRE(::truncate(path.c_str(), 31) == 0);
    CHECK_FALSE(KernelLogPosition(openFile(path), boot("1")).known());
    KernelLogPosition without(base::Fd(), boot("1"));
    without.store(5);
    CHECK(without.next() == 5);
}

}  // namespace
}  // namespace evd::collector
