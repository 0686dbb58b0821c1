#include "common/base/guid.h"

#include <doctest/doctest.h>
#include <array>
#include <string>
#include <vector>

using evd::base::formatGuid;
using evd::base::Guid;
using evd::base::nameGuid;
using evd::base::parseGuid;

namespace {

constexpr const char* kFieldNamespace = "{e7d3a1b0-5c2f-4e8a-9b1d-0a6f3c8e2d4b}";

}  // namespace

TEST_CASE("guid: the default is nil and says so") {
    CHECK(Guid{}.isNil());
    CHECK(formatGuid(Guid{}) == "{00000000-0000-0000-0000-000000000000}");
}

TEST_CASE("guid: bytes are in Microsoft order, text is in network order") {
    const Guid guid = parseGuid("{00112233-4455-6677-8899-aabbccddeeff}").value();
    const std::array<uint8_t, 16> expected{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                           0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
    CHECK(guid.bytes == expected);
    CHECK(formatGuid(guid) == "{00112233-4455-6677-8899-aabbccddeeff}");
}

TEST_CASE("guid: text may lack braces and be in either case, and is shown in one form") {
    CHECK(formatGuid(parseGuid("00112233-4455-6677-8899-AABBCCDDEEFF").value()) ==
          "{00112233-4455-6677-8899-aabbccddeeff}");
}

TEST_CASE("guid: malformed text is refused") {
    for (const char* bad :
         {"", "{}", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
          "{00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff}",
          "(00112233-4455-6677-8899-aabbccddeeff)", "00112233445566778899aabbccddeeff",
          "0011223-34455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
          "-0112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccdd-eff",
          " 0112233-4455-6677-8899-aabbccddeeff", "+0112233-4455-6677-8899-aabbccddeeff"}) {
        CAPTURE(bad);
        REQUIRE_FALSE(parseGuid(bad).ok());
        CHECK(parseGuid(bad).error().kind == evd::base::ErrorKind::Invalid);
    }
}

TEST_CASE("guid: is made from exactly sixteen bytes") {
    const std::vector<uint8_t> bytes(17, 0xAB);
    const std::span<const uint8_t> all(bytes);
    CHECK(evd::base::guidFromBytes(all.first(16)).value().bytes[15] == 0xAB);
    CHECK_FALSE(evd::base::guidFromBytes(all.first(15)).ok());
    CHECK_FALSE(evd::base::guidFromBytes(all).ok());
    CHECK_FALSE(evd::base::guidFromBytes({}).ok());
}

TEST_CASE("guid: the field named timestamp has the published identifier (Ruling A3)") {
    const Guid field = nameGuid(parseGuid(kFieldNamespace).value(), "timestamp");
    CHECK(formatGuid(field) == "{341d2267-b9db-536b-b36c-94ab6cd47e4c}");
    CHECK(field.bytes[0] == 0x67);
}

TEST_CASE("guid: a name in the DNS namespace is the one of RFC 4122's version 5") {
    const Guid dns = parseGuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8").value();
    CHECK(formatGuid(nameGuid(dns, "python.org")) == "{886313e1-3b8a-5372-9b90-0c9aee199e5d}");
}

TEST_CASE("guid: names that differ only behind a zero byte have different identifiers") {
    const Guid space = parseGuid(kFieldNamespace).value();
    CHECK(nameGuid(space, std::string("a\0b", 3)) != nameGuid(space, std::string("a\0c", 3)));
    CHECK(nameGuid(space, "") != nameGuid(Guid{}, ""));
}

TEST_CASE("guid: random ones are of version 4 and differ") {
    const Guid one = evd::base::randomGuid();
    CHECK(one != evd::base::randomGuid());
    CHECK(formatGuid(one)[15] == '4');
}
