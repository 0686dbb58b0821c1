#include "queryd/evctl/import_delivery.h"

#include "common/base/text.h"
#include "common/config/socket_paths.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <unistd.h>

using evd::evctl::Arguments;
using evd::evctl::ImportDelivery;
using evd::evctl::ImportReport;
using evd::evctl::kImportMessageBytesMax;

namespace {

// Sockets of the test's own; nobody tells how far eventd is.
class Desk {
  public:
    evd::test::TemporaryDirectory folder;
    const Arguments arguments;
    evd::test::DatagramReceiver logs{folder / "log.sock"};
    const evd::test::FakeClock clock;
    evd::evctl::OutputStream output{STDOUT_FILENO};
    evd::config::SocketPaths sockets = evd::config::socketPathsBeside(folder / "query.sock");
    const evd::evctl::SessionContext context{arguments, sockets, clock, output};
    ImportReport report;
    ImportDelivery delivery{context, report};
};

evd::wire::LogRecord lineOf(const std::string& message) {
    evd::wire::LogRecord record;
    record.timestamp_ns = 5;
    record.origin = "o";
    record.message = message;
    return record;
}

std::string sent(std::string_view message) {
    return evd::base::cat(R"({"is_error":false,"message":")", message,
                          R"(","origin":"o","timestamp":5})");
}

}  // namespace

TEST_CASE("import delivery: a message is sent whole up to the limit, and in pieces above it") {
    for (const size_t above : {0, 1}) {
        Desk desk;
        const std::string most(kImportMessageBytesMax, 'x');
        CHECK(desk.delivery.log(lineOf(most + std::string(above, 'y'))).ok());
        CHECK(desk.delivery.finish().ok());
        const auto received = desk.logs.receive();
        REQUIRE(received.size() == 1);
        CHECK(
            (received[0] == (above == 0 ? sent(most) : "[" + sent(most) + "," + sent("y") + "]")));
    }
}

TEST_CASE("import delivery: no letter is cut in two, and an empty message is one record") {
    Desk desk;
    const std::string most(kImportMessageBytesMax - 1, 'x');
    CHECK(desk.delivery.log(lineOf(most + "\xC3\xA4")).ok());
    CHECK(desk.delivery.log(lineOf("")).ok());
    CHECK(desk.delivery.finish().ok());
    const auto received = desk.logs.receive();
    REQUIRE(received.size() == 1);
    CHECK((received[0] == "[" + sent(most) + "," + sent("\xC3\xA4") + "," + sent("") + "]"));
    CHECK(desk.delivery.outcome() ==
          "sent: 3 log records; only administrators are told whether all were stored\n");
    CHECK_FALSE(desk.delivery.lostAny());
}

TEST_CASE("import delivery: with nobody there it says so at the first record of a kind") {
    Desk desk;
    evd::wire::MetricRecord sample;
    sample.name = "m";
    const auto refused = desk.delivery.metric(sample);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text.find("nobody answers at") != std::string::npos);
    CHECK_FALSE(desk.delivery.event("audit.x", {}, 1).ok());
}
