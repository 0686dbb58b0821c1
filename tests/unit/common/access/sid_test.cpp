#include "common/access/sid.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

std::string hexOf(const Sid& sid) {
    return base::encodeHex(sid.bytes());
}

std::string textOfHex(std::string_view hex) {
    const auto sid = Sid::parse(base::decodeHex(hex).value());
    return sid.ok() ? sid.value().text() : "invalid";
}

std::string textOfText(std::string_view text) {
    const auto sid = Sid::parseText(text);
    return sid.ok() ? sid.value().text() : "invalid";
}

TEST_CASE("sid: the published byte forms (PSD-004 §2.1, §2.2)") {
    CHECK(hexOf(sids::kEveryone) == "010100000000000100000000");
    CHECK(hexOf(sids::kOwnerRights) == "010100000000000304000000");
    CHECK(hexOf(sids::kPrincipalSelf) == "01010000000000050a000000");
    CHECK(hexOf(sids::kSystem) == "010100000000000512000000");
    CHECK(hexOf(sids::kAdministrators) == "01020000000000052000000020020000");
}

TEST_CASE("sid: text and bytes say the same") {
    CHECK(textOfHex("010100000000000512000000") == "S-1-5-18");
    CHECK(textOfText("S-1-5-21-3623811015-3361044348-30300820-1013") ==
          "S-1-5-21-3623811015-3361044348-30300820-1013");
    CHECK(textOfText("s-1-5-18") == "S-1-5-18");
    CHECK(textOfText("S-1-5") == "S-1-5");
}

TEST_CASE("sid: an authority of more than 32 bits is written in twelve hex digits (§2.1)") {
    CHECK(textOfHex("0100ffffffffffff") == "S-1-0xffffffffffff");
    CHECK(textOfHex("010000ffffffffff") == "S-1-0x00ffffffffff");
    CHECK(textOfHex("01000000ffffffff") == "S-1-4294967295");
    CHECK(textOfText("S-1-0x00ffffffffff-7") == "S-1-0x00ffffffffff-7");
    CHECK(textOfText("S-1-4294967296-7") == "invalid");
}

TEST_CASE("sid: fifteen sub-authorities fit, sixteen do not") {
    std::string text = "S-1-5";
    for (int index = 0; index < 15; ++index) {
        text += "-1";
    }
    CHECK(textOfText(text) == text);
    CHECK(Sid::parseText(text).value().size() == Sid::kBytesMax);
    CHECK(textOfText(text + "-1") == "invalid");
    CHECK(textOfHex("0110000000000005" + std::string(16 * 8, '0')) == "invalid");
}

TEST_CASE("sid: bytes that are none are refused") {
    for (const char* hex : {"", "01", "0100000000000", "020100000000000512000000",
                            "0101000000000005120000", "01010000000000051200000000"}) {
        const auto bytes = base::decodeHex(hex);
        CHECK_FALSE((bytes.ok() && Sid::parse(bytes.value()).ok()));
    }
    const auto longer = base::decodeHex("010100000000000512000000ff").value();
    CHECK(Sid::parsePrefix(longer).value() == sids::kSystem);
}

TEST_CASE("sid: text that is none is refused") {
    for (const char* text :
         {"", "S-1", "S-1-", "S-2-5-18", "S-1-5-", "S-1-5--1", "S-1-5-4294967296", "S-1-0x-1",
          "S-1-0x1234567890123-1", "S-1-5-x", " S-1-5-18", "SY"}) {
        CHECK(textOfText(text) == "invalid");
    }
}

TEST_CASE("sid: equality is equality of bytes (§2.1)") {
    CHECK(Sid(5, {18}) == sids::kSystem);
    CHECK(Sid(5, {18}) != Sid(5, {18, 0}));
    CHECK(Sid(5, {32, 544}) != Sid(5, {544, 32}));
    CHECK(Sid() == Sid(0, {0}));
}

TEST_CASE("well-known sids: letters and names lead back and forth") {
    CHECK(sidOfAlias("SY") == sids::kSystem);
    CHECK(sidOfAlias("ba") == sids::kAdministrators);
    CHECK(aliasOfSid(sids::kAdministrators) == "BA");
    CHECK(nameOfSid(sids::kEveryone) == "Everyone");
    CHECK_FALSE(sidOfAlias("").has_value());
    CHECK_FALSE(sidOfAlias("QQ").has_value());
    CHECK_FALSE(sidOfAlias("DA").has_value());
    CHECK(aliasNeedsDomain("DA"));
    CHECK_FALSE(aliasNeedsDomain("BA"));
    CHECK(aliasOfSid(Sid(1, {1})).empty());
}

}  // namespace
}  // namespace evd::access
