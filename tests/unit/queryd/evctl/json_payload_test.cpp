#include "queryd/evctl/json_payload.h"

#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>

using evd::base::encodeHex;
using evd::evctl::kPayloadDepthMax;
using evd::evctl::payloadFromJson;

namespace {

std::string hex(std::string_view json) {
    const auto payload = payloadFromJson(json);
    REQUIRE_MESSAGE(payload.ok(), json);
    CHECK(evd::wire::validateMsgpack(payload.value(), 32).ok());
    return encodeHex(payload.value());
}

std::string error(std::string_view json) {
    const auto payload = payloadFromJson(json);
    REQUIRE_MESSAGE(!payload.ok(), json);
    CHECK(payload.error().kind == evd::base::ErrorKind::Invalid);
    return payload.error().text;
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("json payload: every kind of value in its shortest form, keys in their order") {
    CHECK(hex("{}") == "80");
    CHECK(hex(R"({"b":1,"a":[true,null,"x"]})") == "82a16201a16193c3c0a178");
    CHECK(hex("[]") == "90");
    CHECK(hex("\"\\u00fc\"") == "a2c3bc");
    CHECK(hex(" 7 ") == "07");
}

TEST_CASE("json payload: integers stay exact to the ends of 64 bits, one beyond is refused") {
    CHECK(hex("9223372036854775807") == "cf7fffffffffffffff");
    CHECK(hex("18446744073709551615") == "cfffffffffffffffff");
    CHECK(hex("-9223372036854775808") == "d38000000000000000");
    CHECK(says(error("18446744073709551616"), "18446744073709551616 does not fit 64 bits"));
    CHECK(says(error("-9223372036854775809"), "does not fit 64 bits"));
}

TEST_CASE("json payload: what is written as a float is a float") {
    CHECK(hex("1.0") == "cb3ff0000000000000");
    CHECK(hex("1e2") == "cb4059000000000000");
    CHECK(hex("-0.0") == "cb8000000000000000");
    CHECK_FALSE(payloadFromJson("1e999").ok());
}

TEST_CASE("json payload: a key twice is refused, in the same object only") {
    CHECK(says(error(R"({"a":1,"b":2,"a":3})"), "\"a\" stands twice"));
    CHECK(hex(R"({"a":{"a":1},"b":[{"a":2}]})") == "82a16181a16101a1629181a16102");
}

TEST_CASE("json payload: as many levels as KMES takes, not one more") {
    const auto nested = [](size_t depth) {
        return std::string(depth, '[') + "1" + std::string(depth, ']');
    };
    CHECK(payloadFromJson(nested(kPayloadDepthMax)).ok());
    CHECK(hex(nested(kPayloadDepthMax)).ends_with("01"));
    CHECK(says(error(nested(kPayloadDepthMax + 1)), "31 containers"));
    CHECK_FALSE(payloadFromJson(std::string(1'000'000, '[')).ok());
}

TEST_CASE("json payload: what is no JSON is refused with the place") {
    CHECK(says(error(""), "byte"));
    CHECK(says(error("{\"a\":}"), "byte 6"));
    CHECK(says(error("{} {}"), "byte 4"));
    CHECK_FALSE(payloadFromJson("nul").ok());
    CHECK_FALSE(payloadFromJson("\"\xFF\"").ok());
    CHECK_FALSE(payloadFromJson("{a:1}").ok());
    CHECK_FALSE(payloadFromJson("NaN").ok());
}

TEST_CASE("json payload: sixteen elements need a longer header, in front of them") {
    std::string json = "[0";
    for (int i = 1; i < 16; ++i) {
        json += ",0";
    }
    CHECK(hex(json + "]") == "dc0010" + std::string(32, '0'));
}
