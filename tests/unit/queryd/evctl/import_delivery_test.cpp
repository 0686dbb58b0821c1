#include "queryd/evctl/import_delivery.h"

#include "common/base/text.h"
#include "common/config/socket_paths.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_rpc_server.h"
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

// eventd's figures of the log door: nothing at first, then these.
class Figures final : public evd::schema::Session::Server {
  public:
    Figures(int64_t received, int64_t refused) : received_(received), refused_(refused) {}
    kj::Promise<void> status(StatusContext context) override {
        auto process = context.getResults().initProcesses(1)[0];
        process.setName("eventd-ingest");
        auto measures = process.initMeasures(2);
        measures[0].setName("door.log.records");
        measures[0].setValue(looks_ == 0 ? 0 : received_);
        measures[1].setName("records.logs.refused");
        measures[1].setValue(looks_ == 0 ? 0 : refused_);
        ++looks_;
        return kj::READY_NOW;
    }

  private:
    int64_t received_;
    int64_t refused_;
    int looks_ = 0;
};

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

TEST_CASE("import delivery: what others lost meanwhile is told, and is no failure of ours") {
    struct Case {
        int64_t received;
        int64_t refused;
        std::string told;
        bool lost_any;
    };
    for (const Case& each :
         {Case{1, 0, "sent: 1 log records, all stored\n", false},
          Case{1, 1, "sent: 1 log records; 1 were refused or found no room\n", true},
          Case{3, 0,
               "sent: 1 log records, all stored as far as the figures tell, which count other "
               "senders too\n",
               false},
          Case{3, 1,
               "sent: 1 log records; 1 of these or of other senders were refused or found no room "
               "meanwhile\n",
               false}}) {
        Desk desk;
        const evd::test::ScriptedRpcServer server(desk.sockets.rpc, [&](size_t, kj::Timer&) {
            return kj::heap<Figures>(each.received, each.refused);
        });
        ImportReport report;
        ImportDelivery delivery(desk.context, report);
        CHECK(delivery.log(lineOf("x")).ok());
        CHECK(delivery.finish().ok());
        CHECK(delivery.outcome() == each.told);
        CHECK(delivery.lostAny() == each.lost_any);
    }
}
