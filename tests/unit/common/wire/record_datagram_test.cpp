#include "common/wire/record_datagram.h"

#include "common/base/text.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <string>

namespace base = evd::base;
namespace wire = evd::wire;
using evd::test::jsonOfMsgpack;
using wire::RecordDatagram;
using Added = RecordDatagram::Added;

namespace {

wire::LogRecord line(std::string_view message) {
    wire::LogRecord record;
    record.origin = "shop";
    record.message = message;
    return record;
}

}  // namespace

TEST_CASE("record datagram: one log record is a map with what Spec §4.2 names") {
    RecordDatagram datagram;
    wire::LogRecord record = line("hello");
    CHECK(datagram.add(record) == Added::Yes);
    CHECK(jsonOfMsgpack(datagram.bytes()) ==
          R"({"is_error":false,"message":"hello","origin":"shop"})");
    datagram.clear();
    record.is_error = true;
    record.timestamp_ns = 1'767'225'600'000'000'001;
    record.job_id = base::parseGuid("00112233-4455-6677-8899-aabbccddeeff").value();
    CHECK(datagram.add(record) == Added::Yes);
    CHECK(jsonOfMsgpack(datagram.bytes()) ==
          R"({"is_error":true,"job_id":{"$binary":"33221100554477668899aabbccddeeff"},)"
          R"("message":"hello","origin":"shop","timestamp":1767225600000000001})");
}

TEST_CASE("record datagram: more records are an array, whatever the size of its head") {
    for (const uint32_t count : {2U, 15U, 16U, 300U}) {
        CAPTURE(count);
        RecordDatagram datagram;
        std::string expected = "[";
        for (uint32_t i = 0; i < count; ++i) {
            REQUIRE(datagram.add(line(base::cat(i))) == Added::Yes);
            expected += i > 0 ? "," : "";
            expected += base::cat(R"({"is_error":false,"message":")", i, R"(","origin":"shop"})");
        }
        CHECK(datagram.count() == count);
        CHECK(jsonOfMsgpack(datagram.bytes()) == expected + "]");
    }
}

TEST_CASE("record datagram: metrics carry name, type, labels and a float (Spec §6.2)") {
    const wire::MetricLabel labels[] = {{"core", "0"}, {"mode", "idle"}};
    RecordDatagram datagram;
    REQUIRE(datagram.add(wire::MetricRecord{"cpu.seconds.total", labels, wire::MetricType::Counter,
                                            5, 2}) == Added::Yes);
    CHECK(jsonOfMsgpack(datagram.bytes()) ==
          R"({"labels":{"core":"0","mode":"idle"},"name":"cpu.seconds.total","timestamp":5,)"
          R"("type":"counter","value":2.0})");
    datagram.clear();
    const wire::Histogram histogram{{1, 2}, {3, 4}, 5, 6.5};
    wire::MetricRecord record;
    record.name = "wait.seconds";
    record.type = wire::MetricType::Histogram;
    record.histogram = &histogram;
    REQUIRE(datagram.add(record) == Added::Yes);
    CHECK(jsonOfMsgpack(datagram.bytes()) ==
          R"({"name":"wait.seconds","type":"histogram","value":)"
          R"({"boundaries":[1.0,2.0],"counts":[3,4],"sum":6.5,"total_count":5}})");
}

TEST_CASE("record datagram: what does not fit any more leaves it as it was") {
    RecordDatagram datagram(100);
    REQUIRE(datagram.add(line("first")) == Added::Yes);
    REQUIRE(datagram.add(line("second")) == Added::Yes);
    CHECK(datagram.add(line("third")) == Added::Full);
    CHECK(datagram.count() == 2);
    const std::string two = jsonOfMsgpack(datagram.bytes());
    CHECK(two.find("second") != std::string::npos);
    CHECK(two.find("third") == std::string::npos);
    datagram.clear();
    CHECK(datagram.empty());
    CHECK(datagram.bytes().empty());
    CHECK(datagram.add(line("third")) == Added::Yes);
}

TEST_CASE("record datagram: sizes hold at the limit, and above it no record fits at all") {
    const std::string text(50, 'x');
    const wire::LogRecord record = line(text);
    RecordDatagram measured;
    REQUIRE(measured.add(record) == Added::Yes);
    const size_t bytes = measured.bytes().size();
    RecordDatagram exact(bytes);
    CHECK(exact.add(record) == Added::Yes);
    CHECK(exact.add(line("")) == Added::Full);
    CHECK(RecordDatagram(bytes - 1).add(record) == Added::TooLarge);
}
