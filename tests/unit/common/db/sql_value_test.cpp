#include "common/db/sql_value.h"

#include "common/base/text.h"

#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>
#include <limits>
#include <vector>

namespace evd::db {
namespace {

using test::bytesFromHex;
using test::msgpackOf;
using Kind = SqlValue::Kind;

// {"f": <value>}
template <typename Write>
std::vector<uint8_t> fieldPayload(Write write) {
    return msgpackOf([&](auto& writer) {
        writer.mapHeader(1);
        writer.text("f");
        write(writer);
    });
}

template <typename Write>
SqlValue extracted(Write write) {
    // The bytes of the answer may point into the payload; here they are kept.
    const auto payload = fieldPayload(write);
    SqlValue value = msgpackExtract(payload, "$.f");
    value.own = std::string(value.content());
    return value;
}

}  // namespace

TEST_CASE("sql value: integers are exact up to 2^63-1, greater ones are the nearest float") {
    const auto least = extracted([](auto& w) { w.integer(INT64_MIN); });
    CHECK(least.kind == Kind::Integer);
    CHECK(least.integer == INT64_MIN);
    const auto greatest = extracted([](auto& w) { w.integer(INT64_MAX); });
    CHECK(greatest.kind == Kind::Integer);
    CHECK(greatest.integer == INT64_MAX);
    const auto above = extracted([](auto& w) { w.unsignedInteger(uint64_t{1} << 63); });
    CHECK(above.kind == Kind::Float);
    CHECK(above.floating == 9223372036854775808.0);
    const auto most = extracted([](auto& w) { w.unsignedInteger(UINT64_MAX); });
    CHECK(most.kind == Kind::Float);
    CHECK(most.floating == 18446744073709551616.0);
}

TEST_CASE("sql value: floats, booleans, text and bytes come as what they are") {
    CHECK(extracted([](auto& w) { w.floating(0.5); }).floating == 0.5);
    CHECK(extracted([](auto& w) { w.floating(std::numeric_limits<double>::infinity()); }).kind ==
          Kind::Float);
    CHECK(extracted([](auto& w) { w.boolean(true); }).integer == 1);
    CHECK(extracted([](auto& w) { w.boolean(false); }).kind == Kind::Integer);
    const auto text = extracted([](auto& w) { w.text("ä\nb"); });
    CHECK(text.kind == Kind::Text);
    CHECK(text.own == "ä\nb");
    const std::vector<uint8_t> three = {0, 0xff, 1};
    const auto bytes = extracted([&](auto& w) { w.bytes(three); });
    CHECK(bytes.kind == Kind::Blob);
    CHECK(base::encodeHex(base::asBytes(bytes.own)) == "00ff01");
}

TEST_CASE("sql value: empty text and empty bytes are values, not NULL") {
    CHECK(extracted([](auto& w) { w.text(""); }).kind == Kind::Text);
    CHECK(extracted([](auto& w) { w.bytes({}); }).kind == Kind::Blob);
}

TEST_CASE("sql value: nil, NaN and what is not there are NULL") {
    CHECK(extracted([](auto& w) { w.nil(); }).kind == Kind::Null);
    CHECK(extracted([](auto& w) { w.floating(std::numeric_limits<double>::quiet_NaN()); }).kind ==
          Kind::Null);
    const auto payload = fieldPayload([](auto& w) { w.integer(1); });
    for (const char* path : {"$.g", "$.f.f", "$.", "$", "", "f", ".f", "$.f."}) {
        CAPTURE(path);
        CHECK(msgpackExtract(payload, path).kind == Kind::Null);
    }
}

// Ruling Q9: the same fields as in records.
TEST_CASE("sql value: nested maps are dotted names, a dotted key is found by its own name") {
    // {"source": {"name": "x"}, "http.method": "GET"}
    const auto payload =
        bytesFromHex("82a6736f7572636581a46e616d65a178ab687474702e6d6574686f64a3474554");
    CHECK(msgpackExtract(payload, "$.source.name").content() == "x");
    CHECK(msgpackExtract(payload, "$.http.method").content() == "GET");
    CHECK(msgpackExtract(payload, "$.source").kind == Kind::Null);
}

TEST_CASE("sql value: arrays, empty maps and extensions are their msgpack") {
    const auto array = extracted([](auto& w) {
        w.arrayHeader(2);
        w.integer(1);
        w.text("a");
    });
    CHECK(array.kind == Kind::Blob);
    CHECK(base::encodeHex(base::asBytes(array.own)) == "9201a161");
    const auto map = extracted([](auto& w) { w.mapHeader(0); });
    CHECK(map.kind == Kind::Blob);
    CHECK(base::encodeHex(base::asBytes(map.own)) == "80");
    const auto extended = extracted([](auto& w) { w.raw(bytesFromHex("d4057f")); });
    CHECK(extended.kind == Kind::Blob);
    CHECK(base::encodeHex(base::asBytes(extended.own)) == "d4057f");
}

// Ruling K5.
TEST_CASE("sql value: what is not one sound map has no fields") {
    auto payload = fieldPayload([](auto& w) { w.integer(1); });
    payload.push_back(0xc0);
    CHECK(msgpackExtract(payload, "$.f").kind == Kind::Null);
    payload.resize(2);
    CHECK(msgpackExtract(payload, "$.f").kind == Kind::Null);
    CHECK(msgpackExtract({}, "$.f").kind == Kind::Null);
    CHECK(msgpackExtract(bytesFromHex("c1"), "$.f").kind == Kind::Null);
    CHECK(msgpackExtract(bytesFromHex("dfffffffff"), "$.f").kind == Kind::Null);
}

// contracts §7.
TEST_CASE("sql value: JSON follows the conventions of evctl's jsonl") {
    const auto payload = bytesFromHex(
        "83a162c4020aff"
        "a161cb7ff8000000000000"
        "a16381010a");
    CHECK(msgpackToJson(payload).content() ==
          R"({"a":{"$float":"nan"},"b":{"$binary":"0aff"},"c":{"$map":[[1,10]]}})");
    CHECK(msgpackToJson(bytesFromHex("2a")).content() == "42");
}

TEST_CASE("sql value: JSON of what is malformed, too deep or too large is NULL") {
    for (const char* hex : {"", "c1", "81a161", "0101", "dfffffffff"}) {
        CAPTURE(hex);
        CHECK(msgpackToJson(bytesFromHex(hex)).kind == Kind::Null);
    }
    std::vector<uint8_t> nested(wire::kMsgpackDepthMax, 0x91);
    nested.push_back(0x01);
    CHECK(msgpackToJson(nested).kind == Kind::Text);
    nested.insert(nested.begin(), 0x91);
    CHECK(msgpackToJson(nested).kind == Kind::Null);
    const auto textOfBytes = [](size_t bytes) {
        return msgpackOf([&](auto& w) { w.text(std::string(bytes - 5, 'x')); });
    };
    CHECK(msgpackToJson(textOfBytes(kJsonPayloadBytesMax)).kind == Kind::Text);
    CHECK(msgpackToJson(textOfBytes(kJsonPayloadBytesMax + 1)).kind == Kind::Null);
}

TEST_CASE("sql value: a GUID goes to text and back, anything else is NULL") {
    const auto blob = guidBlob("00112233-4455-6677-8899-AABBCCDDEEFF");
    REQUIRE(blob.kind == Kind::Blob);
    CHECK(base::encodeHex(base::asBytes(blob.content())) == "33221100554477668899aabbccddeeff");
    CHECK(guidText(base::asBytes(blob.content())).content() ==
          "{00112233-4455-6677-8899-aabbccddeeff}");
    CHECK(guidBlob("{00112233-4455-6677-8899-aabbccddeef}").kind == Kind::Null);
    CHECK(guidText(std::vector<uint8_t>(15)).kind == Kind::Null);
    CHECK(guidText(std::vector<uint8_t>(17)).kind == Kind::Null);
}

}  // namespace evd::db
