#include "queryd/evctl/record_outbox.h"

#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <memory>

using evd::evctl::RecordOutbox;
using evd::test::DatagramReceiver;
using evd::test::FakeClock;
using evd::test::TemporaryDirectory;

namespace {

evd::wire::LogRecord line(std::string_view message) {
    evd::wire::LogRecord record;
    record.origin = "o";
    record.message = message;
    return record;
}

}  // namespace

TEST_CASE("record outbox: what was added before a flush is one datagram") {
    const TemporaryDirectory folder;
    DatagramReceiver receiver(folder / "log.sock");
    const FakeClock clock;
    RecordOutbox outbox(folder / "log.sock", clock);
    REQUIRE(outbox.connect().ok());
    CHECK(outbox.flush());
    outbox.add(line("a"));
    outbox.add(line("b"));
    CHECK(outbox.flush());
    CHECK(receiver.receive().size() == 1);
    CHECK(outbox.sentCount() == 2);
    CHECK(outbox.empty());
}

TEST_CASE("record outbox: while nobody receives it keeps one datagram and counts the rest") {
    const TemporaryDirectory folder;
    const FakeClock clock;
    RecordOutbox outbox(folder / "log.sock", clock);
    CHECK(outbox.connect().error().kind == evd::base::ErrorKind::NotFound);
    const std::string message(1000, 'x');
    size_t added = 0;
    for (; outbox.droppedCount() < 10; ++added) {
        outbox.add(line(message));
        REQUIRE(added < 10'000);
    }
    CHECK_FALSE(outbox.flushWithin(1000));  // answers at once
    outbox.dropRest();
    CHECK(outbox.droppedCount() == added);
    CHECK(outbox.sentCount() == 0);
}

TEST_CASE("record outbox: a receiver that comes back is found again, but not looked for always") {
    const TemporaryDirectory folder;
    auto receiver = std::make_unique<DatagramReceiver>(folder / "log.sock");
    FakeClock clock;
    RecordOutbox outbox(folder / "log.sock", clock);
    REQUIRE(outbox.connect().ok());
    receiver.reset();
    outbox.add(line("kept"));
    CHECK_FALSE(outbox.flush());
    REQUIRE(::unlink((folder / "log.sock").c_str()) == 0);
    receiver = std::make_unique<DatagramReceiver>(folder / "log.sock");
    CHECK_FALSE(outbox.flush());  // too soon
    clock.advanceNs(RecordOutbox::kReconnectNs);
    CHECK(outbox.flush());
    CHECK(receiver->receive().size() == 1);
}

TEST_CASE("record outbox: a full receiver is waited for only when that is asked for") {
    const TemporaryDirectory folder;
    DatagramReceiver receiver(folder / "log.sock");
    const evd::base::SystemClock clock;
    RecordOutbox outbox(folder / "log.sock", clock);
    REQUIRE(outbox.connect().ok());
    size_t sent = 0;
    while (true) {
        outbox.add(line("x"));
        if (!outbox.flush()) {
            break;
        }
        REQUIRE(++sent < 100'000);
    }
    CHECK_FALSE(outbox.flushWithin(1));
    CHECK(receiver.receive().size() == sent);
    CHECK(outbox.flushWithin(1000));
}
