// What export formats say, to the byte.

#include "queryd/evctl/output/export_printers.h"

#include "queryd/evctl/output/otlp_value.h"
#include "tests/support/msgpack_from_hex.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <string>

using evd::evctl::base64;
using evd::evctl::kOtlpLineRecordsMax;
using evd::evctl::makeJournalPrinter;
using evd::evctl::makeOtlpLogPrinter;
using evd::evctl::makeOtlpMetricPrinter;
using evd::evctl::RecordPrinter;
using evd::test::msgpackOfJson;

namespace {

std::string printed(RecordPrinter& printer, const std::vector<std::string>& records) {
    std::string out;
    for (const std::string& record : records) {
        const auto bytes = msgpackOfJson(record);
        REQUIRE(bytes.ok());
        printer.record(bytes.value(), out);
    }
    printer.finish(out);
    return out;
}

std::string journal(const std::string& record) {
    return printed(*makeJournalPrinter(), {record});
}

std::string otlpLogs(const std::vector<std::string>& records) {
    return printed(*makeOtlpLogPrinter(), records);
}

std::string anyValue(const std::string& json) {
    const auto bytes = msgpackOfJson(json);
    REQUIRE(bytes.ok());
    std::string out;
    evd::evctl::appendAnyValue(bytes.value(), out);
    return out;
}

constexpr const char* kLogHead =
    R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")";
constexpr const char* kLogScope = R"("}}]},"scopeLogs":[{"scope":{"name":"eventd"},"logRecords":[)";

}  // namespace

TEST_CASE("journal export: a line is an entry with the fields that journalctl shows") {
    CHECK(journal(R"({"timestamp":1767355200000001234,"origin":"sshd","is_error":true,
                      "message":"no","boot_id":"{30768e05-5ba0-43e0-8be7-7547ff276121}",
                      "job_id":null})") ==
          "__REALTIME_TIMESTAMP=1767355200000001\nEVENTD_TIMESTAMP=1767355200000001234\n"
          "_BOOT_ID=30768e055ba043e08be77547ff276121\nPRIORITY=3\nSYSLOG_IDENTIFIER=sshd\n"
          "MESSAGE=no\n\n");
    CHECK(journal(R"({"timestamp":1000,"origin":"a","is_error":false,"message":""})") ==
          "__REALTIME_TIMESTAMP=1\nEVENTD_TIMESTAMP=1000\nPRIORITY=6\nSYSLOG_IDENTIFIER=a\n"
          "MESSAGE=\n\n");
}

TEST_CASE("journal export: events and samples have a message too") {
    CHECK(journal(R"({"timestamp":1000,"event_type":"a.b","source.name":"x","n":-1})") ==
          "__REALTIME_TIMESTAMP=1\nEVENTD_TIMESTAMP=1000\nSYSLOG_IDENTIFIER=eventd\nMESSAGE=a.b\n"
          "EVENTD_EVENT_TYPE=a.b\nEVENTD_SOURCE_NAME=x\nEVENTD_N=-1\n\n");
    CHECK(journal(R"({"timestamp":1000,"name":"cpu","value":1.5,"core":"0"})") ==
          "__REALTIME_TIMESTAMP=1\nEVENTD_TIMESTAMP=1000\nSYSLOG_IDENTIFIER=eventd\n"
          "MESSAGE=cpu 1.5\nEVENTD_NAME=cpu\nEVENTD_VALUE=1.5\nEVENTD_CORE=0\n\n");
}

TEST_CASE("journal export: what is no plain line goes with its length") {
    using std::string_literals::operator""s;
    CHECK(journal(R"({"timestamp":1000,"origin":"a","message":"x\ny"})") ==
          "__REALTIME_TIMESTAMP=1\nEVENTD_TIMESTAMP=1000\nSYSLOG_IDENTIFIER=a\n"
          "MESSAGE\n\3\0\0\0\0\0\0\0x\ny\n\n"s);
    const std::string bytes = journal(R"({"timestamp":1000,"b":{"$binary":"ff00"}})");
    CHECK(bytes.find("EVENTD_B\n\2\0\0\0\0\0\0\0\xff\0\n"s) != std::string::npos);
    CHECK(journal(R"({"timestamp":1000,"t":"a\tb"})").find("EVENTD_T=a\tb\n") != std::string::npos);
    CHECK(journal(R"({"timestamp":1000,"t":"\u001b[0m"})").find("EVENTD_T\n\4") !=
          std::string::npos);
    // A name as long as journald allows, and one that is longer.
    const std::string most = "EVENTD_" + std::string(57, 'A');
    for (const size_t length : {57, 58}) {
        const std::string name(length, 'a');
        CHECK(journal(R"({"timestamp":1000,")" + name + R"(":1})").find(most + "=1\n") !=
              std::string::npos);
    }
}

TEST_CASE("journal export: a record without a time is refused") {
    const auto printer = makeJournalPrinter();
    CHECK(printed(*printer, {R"({"count":1})", R"({"timestamp":null})", R"({"timestamp":999})",
                             R"({"timestamp":-5})"})
              .empty());
    CHECK(printer->refused() == 4);
}

TEST_CASE("OTLP: log lines are log records under their origin") {
    const std::string a = R"({"timestamp":17,"origin":"a","is_error":true,"message":"m"})";
    const std::string b = R"({"timestamp":18,"origin":"b","is_error":false,"message":"","x":null})";
    const std::string of_a =
        R"({"timeUnixNano":"17","observedTimeUnixNano":"17","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"m"},"attributes":[]})";
    CHECK(
        otlpLogs({a, b, a}) ==
        std::string(kLogHead) + "a" + kLogScope + of_a + "," + of_a + "]}]},{" +
            std::string(kLogHead).substr(18) + "b" + kLogScope +
            R"({"timeUnixNano":"18","observedTimeUnixNano":"18","severityNumber":9,"severityText":"INFO","body":{"stringValue":""},"attributes":[]}]}]}]})" +
            "\n");
    CHECK(otlpLogs({}).empty());
}

TEST_CASE("OTLP: an event has its name, its trace and attributes") {
    const std::string trace = "5b8efff798038103d269b633813fc60c";
    CHECK(
        otlpLogs({R"({"timestamp":1,"event_type":"e","trace_id":")" + trace +
                  R"(","span_id":{"$binary":"eee19b7ec3c1b174"},"n":9223372036854775807})"}) ==
        std::string(kLogHead) + "eventd" + kLogScope +
            R"({"timeUnixNano":"1","observedTimeUnixNano":"1","eventName":"e","traceId":")" +
            trace +
            R"(","spanId":"eee19b7ec3c1b174","attributes":[{"key":"n","value":{"intValue":"9223372036854775807"}}]}]}]}]})" +
            "\n");
    // What is no trace id stays an attribute.
    CHECK(otlpLogs({R"({"trace_id":"x"})"}).find(R"({"key":"trace_id")") != std::string::npos);
}

TEST_CASE("OTLP: a name that is no UTF-8 is made so") {
    const auto record = evd::test::msgpackOf([](evd::wire::MsgpackWriter& writer) {
        writer.mapHeader(1);
        writer.text("a\xFF");
        writer.integer(1);
    });
    std::string out;
    const auto printer = makeOtlpLogPrinter();
    printer->record(record, out);
    printer->finish(out);
    CHECK(out.find("\"key\":\"a\uFFFD\"") != std::string::npos);
}

TEST_CASE("OTLP: values keep their kind") {
    CHECK(anyValue("true") == R"({"boolValue":true})");
    CHECK(anyValue("-1") == R"({"intValue":"-1"})");
    CHECK(anyValue("18446744073709551615") == R"({"stringValue":"18446744073709551615"})");
    CHECK(anyValue("1.5") == R"({"doubleValue":1.5})");
    CHECK(anyValue(R"({"$float":"nan"})") == R"({"doubleValue":"NaN"})");
    CHECK(anyValue(R"({"$float":"-inf"})") == R"({"doubleValue":"-Infinity"})");
    CHECK(anyValue(R"({"$binary":"ff00ff00"})") == R"({"bytesValue":"/wD/AA=="})");
    CHECK(anyValue("null") == "{}");
    CHECK(
        anyValue(R"(["a",{"b":[]}])") ==
        R"({"arrayValue":{"values":[{"stringValue":"a"},{"kvlistValue":{"values":[{"key":"b","value":{"arrayValue":{"values":[]}}}]}}]}})");
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
}

TEST_CASE("OTLP: counters are cumulative sums, everything else is a gauge") {
    const auto printer = makeOtlpMetricPrinter([](std::string_view name) { return name == "c"; });
    CHECK(
        printed(*printer,
                {R"({"timestamp":1,"name":"c","value":2.0,"k":"v"})",
                 R"({"timestamp":2,"name":"g","value":{"$float":"nan"}})",
                 R"({"timestamp":2,"name":"g","value":-1})", R"({"name":"g","value":1})"}) ==
        R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"eventd"}}]},"scopeMetrics":[{"scope":{"name":"eventd"},"metrics":[{"name":"c","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"1","asDouble":2,"attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}},{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"2","asDouble":-1,"attributes":[]}]}}]}]}]})"
        "\n");
    CHECK(printer->refused() == 2);
}

TEST_CASE("OTLP: a line has a limit") {
    for (const size_t count :
         {kOtlpLineRecordsMax - 1, kOtlpLineRecordsMax, kOtlpLineRecordsMax + 1}) {
        const std::string text = otlpLogs(std::vector<std::string>(count, R"({"timestamp":1})"));
        CHECK(std::count(text.begin(), text.end(), '\n') == (count > kOtlpLineRecordsMax ? 2 : 1));
    }
}
