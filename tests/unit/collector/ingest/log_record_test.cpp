#include "collector/ingest/log_record.h"

#include "tests/unit/collector/ingest/ingest_fixture.h"

#include <doctest/doctest.h>
#include <limits>

namespace base = evd::base;
namespace collector = evd::collector;
namespace test = evd::test;
namespace wire = evd::wire;
using collector::Reject;

namespace {

constexpr int64_t kReceiptNs = 1'767'225'600'000'000'000;

struct Parsed {
    test::Bytes bytes;  // what the records point into
    std::vector<wire::LogRecord> records;
    collector::RejectCounts rejects;
};

Parsed parseBytes(test::Bytes bytes) {
    Parsed parsed;
    parsed.bytes = std::move(bytes);
    collector::LogRecordParser parser;
    parser.parse(parsed.bytes, kReceiptNs, parsed.records, parsed.rejects);
    return parsed;
}

Parsed parse(std::string_view json) {
    return parseBytes(test::datagram(json));
}

// That nothing is taken in, for one reason alone.
void checkDropped(std::string_view json, Reject reason) {
    CAPTURE(json);
    const Parsed parsed = parse(json);
    CHECK(parsed.records.empty());
    CHECK(test::only(parsed.rejects, reason) == 1);
}

std::string nested(size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

constexpr std::string_view kGood = R"({"origin":"a","is_error":false,"message":"m"})";

}  // namespace

TEST_CASE("log record: a single map is one record (Spec §4.2)") {
    const Parsed parsed =
        parse(R"({"origin":"sshd","is_error":true,"message":"no","timestamp":17})");
    REQUIRE(parsed.records.size() == 1);
    CHECK(parsed.records[0].origin == "sshd");
    CHECK(parsed.records[0].is_error);
    CHECK(parsed.records[0].message == "no");
    CHECK(parsed.records[0].timestamp_ns == 17);
    CHECK_FALSE(parsed.records[0].job_id.has_value());
    CHECK(parsed.rejects.total() == 0);
}

TEST_CASE("log record: text points into the datagram") {
    const Parsed parsed = parse(kGood);
    REQUIRE(parsed.records.size() == 1);
    const auto* const begin = reinterpret_cast<const char*>(parsed.bytes.data());
    CHECK(parsed.records[0].message.data() > begin);
    CHECK(parsed.records[0].message.data() < begin + parsed.bytes.size());
}

TEST_CASE("log record: without a time it has that of its receipt") {
    CHECK(parse(kGood).records.at(0).timestamp_ns == kReceiptNs);
}

TEST_CASE("log record: a time above 2^63-1 is clamped (Ruling S11)") {
    const auto stamped = [](const char* timestamp) {
        return parse(base::cat(R"({"origin":"a","is_error":false,"message":"m","timestamp":)",
                               timestamp, "}"))
            .records.at(0)
            .timestamp_ns;
    };
    CHECK(stamped("9223372036854775807") == std::numeric_limits<int64_t>::max());
    CHECK(stamped("9223372036854775808") == std::numeric_limits<int64_t>::max());
    CHECK(stamped("18446744073709551615") == std::numeric_limits<int64_t>::max());
    CHECK(stamped("0") == 0);
}

TEST_CASE("log record: an optional field of a wrong type counts as absent (Ruling L4)") {
    for (const char* value : {"-1", "1.5", "\"now\"", "null", "true", "[1]", "{\"a\":1}"}) {
        CAPTURE(value);
        const Parsed parsed = parse(base::cat(R"({"timestamp":)", value,
                                              R"(,"origin":"a","is_error":false,"message":"m"})"));
        REQUIRE(parsed.records.size() == 1);
        CHECK(parsed.records[0].timestamp_ns == kReceiptNs);
    }
}

TEST_CASE("log record: a job id is sixteen bytes, anything else is none (contracts §5)") {
    const auto jobOf = [](const char* value) {
        return parse(base::cat(R"({"job_id":)", value,
                               R"(,"origin":"a","is_error":false,"message":"m"})"))
            .records.at(0)
            .job_id;
    };
    const auto job = jobOf(R"({"$binary":"000102030405060708090a0b0c0d0e0f"})");
    REQUIRE(job.has_value());
    CHECK(job->bytes[1] == 1);
    CHECK(job->bytes[15] == 15);
    CHECK_FALSE(jobOf(R"({"$binary":"000102030405060708090a0b0c0d0e"})"));
    CHECK_FALSE(jobOf(R"({"$binary":"000102030405060708090a0b0c0d0e0f10"})"));
    CHECK_FALSE(jobOf(R"("0123456789abcdef")"));
    CHECK_FALSE(jobOf("null"));
    CHECK_FALSE(jobOf("[]"));
}

TEST_CASE("log record: each record of an array is judged by itself") {
    const Parsed parsed = parse(
        R"([{"origin":"a","is_error":false,"message":"1"}, 7, {"origin":"a"},
            {"origin":"b","is_error":true,"message":""}, [{"origin":"c"}], null])");
    REQUIRE(parsed.records.size() == 2);
    CHECK(parsed.records[0].message == "1");
    CHECK(parsed.records[1].origin == "b");
    CHECK(parsed.records[1].message.empty());
    CHECK(parsed.rejects.of(Reject::NotRecord) == 3);
    CHECK(parsed.rejects.of(Reject::MissingField) == 1);
    CHECK(parsed.rejects.total() == 4);
}

TEST_CASE("log record: an empty array is no record and no fault") {
    const Parsed parsed = parse("[]");
    CHECK(parsed.records.empty());
    CHECK(parsed.rejects.total() == 0);
}

TEST_CASE("log record: a required field must be there") {
    checkDropped(R"({"is_error":false,"message":"m"})", Reject::MissingField);
    checkDropped(R"({"origin":"a","message":"m"})", Reject::MissingField);
    checkDropped(R"({"origin":"a","is_error":false})", Reject::MissingField);
    checkDropped("{}", Reject::MissingField);
}

TEST_CASE("log record: a required field must have its type") {
    for (const char* value : {"1", "null", "true", "[]", "{}", R"({"$binary":"61"})", "1.5"}) {
        checkDropped(base::cat(R"({"origin":)", value, R"(,"is_error":false,"message":"m"})"),
                     Reject::WrongType);
        checkDropped(base::cat(R"({"origin":"a","is_error":false,"message":)", value, "}"),
                     Reject::WrongType);
    }
    for (const char* value : {"0", "1", "null", "\"true\"", "[true]", "{}"}) {
        checkDropped(base::cat(R"({"origin":"a","is_error":)", value, R"(,"message":"m"})"),
                     Reject::WrongType);
    }
}

TEST_CASE("log record: what is neither a map nor an array is dropped") {
    for (const char* value : {"1", "-1", "null", "true", "\"a\"", "1.5", R"({"$binary":"00"})",
                              R"({"$ext":[1,"00"]})"}) {
        checkDropped(value, Reject::NotRecord);
    }
}

TEST_CASE("log record: what is not msgpack spoils the whole datagram") {
    test::Bytes good = test::datagram(base::cat("[", kGood, ",", kGood, "]"));
    for (size_t cut = 0; cut < good.size(); ++cut) {
        const Parsed parsed = parseBytes({good.begin(), good.begin() + static_cast<long>(cut)});
        CHECK(parsed.records.empty());
        CHECK(test::only(parsed.rejects, Reject::Malformed) == 1);
    }
    checkDropped(base::cat("[", kGood, R"(,{"$raw":"c1"}])"), Reject::Malformed);
    checkDropped(base::cat("[", kGood, R"(,{"x":{"$raw":"c1"}}])"), Reject::Malformed);
    // Reasons of single records do not count when the datagram is no good.
    checkDropped(R"([1, {}, {"$raw":"c1"}])", Reject::Malformed);
    CHECK(parseBytes({0xDD, 0xFF, 0xFF, 0xFF, 0xFF, 0xC0}).rejects.of(Reject::Malformed) == 1);
    CHECK(parseBytes({0xDF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC0}).rejects.of(Reject::Malformed) == 1);
}

TEST_CASE("log record: bytes behind the value spoil the whole datagram (Ruling L1)") {
    for (const std::string& json : {std::string(kGood), base::cat("[", kGood, "]")}) {
        test::Bytes bytes = test::datagram(json);
        bytes.push_back(0xC0);
        const Parsed parsed = parseBytes(bytes);
        CHECK(parsed.records.empty());
        CHECK(test::only(parsed.rejects, Reject::TrailingBytes) == 1);
    }
}

TEST_CASE("log record: a key that comes twice drops the record (Ruling L1)") {
    const auto twice = [](const char* first, const char* second) {
        return base::cat(R"({"$map":[["origin","a"],["is_error",false],["message","m"],)", first,
                         ",", second, "]}");
    };
    checkDropped(twice(R"(["message","m"])", R"(["x",1])"), Reject::DuplicateKey);
    checkDropped(twice(R"(["timestamp",1])", R"(["timestamp",1])"), Reject::DuplicateKey);
    checkDropped(twice(R"(["x",1])", R"(["x",2])"), Reject::DuplicateKey);
    checkDropped(twice(R"([7,1])", R"([7,2])"), Reject::DuplicateKey);
    checkDropped(twice(R"([[1],1])", R"([[1],2])"), Reject::DuplicateKey);
    CHECK(parse(twice(R"(["x",1])", R"(["y",1])")).records.size() == 1);
}

TEST_CASE("log record: unknown keys of any kind are passed over") {
    const Parsed parsed = parse(
        R"({"$map":[["x",[1,{"a":null}]],["origin","a"],[7,"seven"],["is_error",false],
            [null,{"$ext":[5,"00ff"]}],["message","m"],[{"k":1},[[]]]]})");
    CHECK(parsed.records.size() == 1);
    CHECK(parsed.rejects.total() == 0);
}

TEST_CASE("log record: text must be UTF-8 wherever it stands (Ruling L1)") {
    // A string of one byte, 0xFF.
    const std::string bad = R"({"$raw":"a1ff"})";
    checkDropped(base::cat(R"({"origin":)", bad, R"(,"is_error":false,"message":"m"})"),
                 Reject::BadText);
    checkDropped(base::cat(R"({"origin":"a","is_error":false,"message":)", bad, "}"),
                 Reject::BadText);
    checkDropped(base::cat(R"({"origin":"a","is_error":false,"message":"m","x":[)", bad, "]}"),
                 Reject::BadText);
    checkDropped(
        base::cat(R"({"$map":[["origin","a"],["is_error",false],["message","m"],[)", bad, ",1]]}"),
        Reject::BadText);
    CHECK(parse(R"({"origin":"ä","is_error":false,"message":"✓"})").records.size() == 1);
}

TEST_CASE("log record: an origin has 1 to 4096 bytes") {
    const auto withOrigin = [](size_t bytes) {
        return base::cat(R"({"origin":")", std::string(bytes, 'o'),
                         R"(","is_error":false,"message":"m"})");
    };
    checkDropped(withOrigin(0), Reject::BadText);
    CHECK(parse(withOrigin(1)).records.size() == 1);
    CHECK(parse(withOrigin(4095)).records.size() == 1);
    CHECK(parse(withOrigin(4096)).records.size() == 1);
    checkDropped(withOrigin(4097), Reject::BadText);
}

TEST_CASE("log record: a record has at most 256 fields") {
    const auto withFields = [](size_t count) {
        std::string json = R"({"origin":"a","is_error":false,"message":"m")";
        for (size_t i = 3; i < count; ++i) {
            json += base::cat(",\"x", i, "\":", i);
        }
        return json + "}";
    };
    CHECK(parse(withFields(255)).records.size() == 1);
    CHECK(parse(withFields(256)).records.size() == 1);
    checkDropped(withFields(257), Reject::TooManyFields);
    // The next record of the array is not harmed.
    const Parsed parsed = parse(base::cat("[", withFields(300), ",", kGood, "]"));
    CHECK(parsed.records.size() == 1);
    CHECK(test::only(parsed.rejects, Reject::TooManyFields) == 1);
}

TEST_CASE("log record: a value that is passed over nests at most 64 deep") {
    const auto withDepth = [](size_t depth) {
        return base::cat(R"({"origin":"a","is_error":false,"message":"m","x":)", nested(depth),
                         "}");
    };
    CHECK(parse(withDepth(64)).records.size() == 1);
    CHECK(parse(withDepth(65)).records.size() == 1);  // the innermost is empty and costs nothing
    checkDropped(withDepth(66), Reject::Malformed);
}

TEST_CASE("log record: what a parser has seen does not show in what it parses next") {
    collector::LogRecordParser parser;
    std::vector<wire::LogRecord> records;
    collector::RejectCounts rejects;
    const auto first =
        test::datagram(R"({"origin":"a","is_error":true,"message":"m","timestamp":1,"x":1,"y":2})");
    const auto broken = test::datagram(base::cat("[", kGood, R"(,{"$raw":"c1"}])"));
    const auto last = test::datagram(kGood);
    parser.parse(first, kReceiptNs, records, rejects);
    parser.parse(broken, kReceiptNs, records, rejects);
    parser.parse(last, kReceiptNs, records, rejects);
    REQUIRE(records.size() == 2);
    CHECK_FALSE(records[1].is_error);
    CHECK(records[1].timestamp_ns == kReceiptNs);
}
