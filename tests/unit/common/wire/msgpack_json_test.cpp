#include "common/wire/msgpack_json.h"

#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>
#include <limits>

using evd::test::bytesFromHex;
using evd::test::msgpackOf;

namespace {

std::string json(const std::vector<uint8_t>& value) {
    std::string out;
    evd::wire::appendJson(value, out);
    return out;
}

std::string floatJson(double value) {
    return json(msgpackOf([&](auto& writer) { writer.floating(value); }));
}

}  // namespace

// contracts §7, all of them.
TEST_CASE("json: integers are exact at both ends of their range") {
    CHECK(json(msgpackOf([](auto& w) { w.integer(INT64_MIN); })) == "-9223372036854775808");
    CHECK(json(msgpackOf([](auto& w) { w.unsignedInteger(UINT64_MAX); })) ==
          "18446744073709551615");
    CHECK(json(msgpackOf([](auto& w) { w.integer(0); })) == "0");
}

TEST_CASE("json: floats read back the same and never look like integers") {
    CHECK(floatJson(0.1) == "0.1");
    CHECK(floatJson(1.0) == "1.0");
    CHECK(floatJson(-0.0) == "-0.0");
    CHECK(floatJson(1e300) == "1e+300");
    CHECK(floatJson(5e-324) == "5e-324");
}

TEST_CASE("json: non-finite floats are objects that say so") {
    CHECK(floatJson(std::numeric_limits<double>::quiet_NaN()) == R"({"$float":"nan"})");
    CHECK(floatJson(std::numeric_limits<double>::infinity()) == R"({"$float":"inf"})");
    CHECK(floatJson(-std::numeric_limits<double>::infinity()) == R"({"$float":"-inf"})");
}

TEST_CASE("json: bytes are hex, and so is text that is not UTF-8") {
    CHECK(json(bytesFromHex("c403 00ff10")) == R"({"$binary":"00ff10"})");
    CHECK(json(bytesFromHex("c400")) == R"({"$binary":""})");
    CHECK(json(bytesFromHex("a2 c328")) == R"({"$binary":"c328"})");
}

TEST_CASE("json: text is escaped where JSON asks for it and else left alone") {
    CHECK(json(msgpackOf([](auto& w) { w.text("a\"b\\c\n\t\r\x01\x7F/ü"); })) ==
          "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f/ü\"");
    CHECK(json(msgpackOf([](auto& w) { w.text(std::string_view("a\0b", 3)); })) == "\"a\\u0000b\"");
}

TEST_CASE("json: keys are sorted by their bytes, nested ones too") {
    CHECK(json(msgpackOf([](auto& w) {
              w.mapHeader(3);
              w.text("b");
              w.integer(1);
              w.text("a");
              w.mapHeader(2);
              w.text("z");
              w.nil();
              w.text("Z");
              w.boolean(false);
              w.text("B");
              w.arrayHeader(2);
              w.integer(1);
              w.boolean(true);
          })) == R"({"B":[1,true],"a":{"Z":false,"z":null},"b":1})");
}

TEST_CASE("json: a map with other keys, or a key twice, keeps every pair in order") {
    CHECK(json(msgpackOf([](auto& w) {
              w.mapHeader(2);
              w.integer(7);
              w.text("seven");
              w.text("a");
              w.nil();
          })) == R"({"$map":[[7,"seven"],["a",null]]})");
    CHECK(json(msgpackOf([](auto& w) {
              w.mapHeader(2);
              w.text("a");
              w.integer(1);
              w.text("a");
              w.integer(2);
          })) == R"({"$map":[["a",1],["a",2]]})");
}

TEST_CASE("json: empty containers and extensions") {
    CHECK(json(bytesFromHex("80")) == "{}");
    CHECK(json(bytesFromHex("90")) == "[]");
    CHECK(json(bytesFromHex("d4 05 ff")) == R"({"$extension":[5,"ff"]})");
}

TEST_CASE("json: the deepest record keeps all its levels, malformed bytes give null") {
    auto deep = std::vector<uint8_t>(evd::wire::kMsgpackDepthMax, 0x91);
    deep.push_back(0x2A);
    CHECK(json(deep) == std::string(64, '[') + "42" + std::string(64, ']'));
    CHECK(json({}) == "null");
    CHECK(json({0xC1}) == "null");
    CHECK(json({0x92, 0x01}) == "null");
    CHECK(json(std::vector<uint8_t>(10'000, 0x91)) == "null");
}
