#include "common/base/datagram_sender.h"

#include "common/base/socket.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <memory>

using evd::base::connectUnix;
using evd::base::DatagramSender;
using evd::test::DatagramReceiver;
using evd::test::TemporaryDirectory;
using Outcome = DatagramSender::Outcome;

namespace {

constexpr uint8_t kOne[] = {1};

DatagramSender connectTo(const std::string& path) {
    auto socket = connectUnix(path, SOCK_DGRAM);
    REQUIRE(socket.ok());
    return DatagramSender(std::move(socket).value());
}

}  // namespace

TEST_CASE("datagram sender: what is sent arrives as it is") {
    const TemporaryDirectory folder;
    DatagramReceiver receiver(folder / "log.sock");
    auto sender = connectTo(folder / "log.sock");
    CHECK(sender.send(kOne) == Outcome::Sent);
    CHECK(receiver.receive() == std::vector<std::string>{"1"});
}

TEST_CASE("datagram sender: a receiver that does not read is full, not waited for") {
    const TemporaryDirectory folder;
    DatagramReceiver receiver(folder / "log.sock");
    auto sender = connectTo(folder / "log.sock");
    size_t sent = 0;
    while (sender.send(kOne) == Outcome::Sent) {
        REQUIRE(++sent < 100'000);
    }
    CHECK(sender.send(kOne) == Outcome::Full);
    CHECK(receiver.receive().size() == sent);
    CHECK(sender.send(kOne) == Outcome::Sent);
}

TEST_CASE("datagram sender: without a receiver it is away, and so it is without a socket") {
    const TemporaryDirectory folder;
    auto receiver = std::make_unique<DatagramReceiver>(folder / "log.sock");
    auto sender = connectTo(folder / "log.sock");
    receiver.reset();
    CHECK(sender.send(kOne) == Outcome::Away);
    CHECK(DatagramSender().send(kOne) == Outcome::Away);
}

TEST_CASE("datagram sender: a datagram above the system's limit will never go through") {
    const TemporaryDirectory folder;
    DatagramReceiver receiver(folder / "log.sock");
    auto sender = connectTo(folder / "log.sock");
    const std::vector<uint8_t> huge(16 << 20);
    CHECK(sender.send(huge) == Outcome::TooLarge);
}
