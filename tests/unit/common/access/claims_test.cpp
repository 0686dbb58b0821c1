#include "common/access/claims.h"
#include "common/access/claim_builder.h"
#include "common/access/little_endian.h"
#include "common/access/utf16.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using Bytes = std::vector<uint8_t>;
using test::integerClaim;
using test::textClaim;

Bytes entryOf(const NewClaim& claim) {
    return buildClaimEntry(claim).value();
}

bool parses(const Bytes& bytes) {
    return parseClaimEntry(bytes).ok();
}

TEST_CASE("claims: an entry of each type is read back (PSD-004 §3.9)") {
    const Bytes integers = entryOf(integerClaim("level", {-1, 7}, kClaimDenyOnly));
    const auto claim = parseClaimEntry(integers);
    REQUIRE(claim.ok());
    CHECK(claim.value().name == "level");
    CHECK(claim.value().flags == kClaimDenyOnly);
    CHECK(claim.value().count == 2);
    REQUIRE(claim.value().value.kind == ValueKind::Composite);
    CHECK(claim.value().value.elements[0].integer == -1);
    CHECK(claim.value().value.elements[1].integer == 7);

    const Bytes texts = entryOf(textClaim("Name", {"grün"}));
    CHECK(utf8FromUtf16(parseClaimEntry(texts).value().value.bytes) == "grün");
    const Bytes octets = entryOf({"o", kClaimOctets, 0, {{1, 2, 3}}});
    CHECK(base::encodeHex(parseClaimEntry(octets).value().value.bytes) == "010203");
    const auto sid = sids::kSystem.bytes();
    const Bytes sid_entry = entryOf({"s", kClaimSid, 0, {Bytes(sid.begin(), sid.end())}});
    CHECK(parseClaimEntry(sid_entry).value().value.kind == ValueKind::Sid);
    const Bytes unsigned_entry =
        entryOf({"u", kClaimUnsigned, 0, {test::eightBytes(~uint64_t{0})}});
    CHECK(parseClaimEntry(unsigned_entry).value().value.unsigned_integer == ~uint64_t{0});
}

TEST_CASE("claims: a boolean is 0 or 1 whatever number it was (§3.9)") {
    const Bytes yes = entryOf({"b", kClaimBoolean, 0, {test::eightBytes(77)}});
    const Bytes no = entryOf({"b", kClaimBoolean, 0, {test::eightBytes(0)}});
    CHECK(parseClaimEntry(yes).value().value.integer == 1);
    CHECK(parseClaimEntry(no).value().value.integer == 0);
}

TEST_CASE("claims: no values is no value, of whatever type (§3.9, peios-abi §9, 3)") {
    CHECK(parseClaimEntry(entryOf(integerClaim("a", {}))).value().value.kind == ValueKind::Null);
    Bytes unknown = entryOf(integerClaim("a", {}));
    unknown[4] = 9;
    CHECK(parses(unknown));
    Bytes unsupported = entryOf(integerClaim("a", {1}));
    unsupported[4] = 4;  // FQBN
    CHECK_FALSE(parses(unsupported));
}

TEST_CASE("claims: offsets that leave the entry are refused (§3.9)") {
    const Bytes entry = entryOf(integerClaim("ab", {1}));
    CHECK(parses(entry));
    for (const size_t at : {size_t{0}, size_t{16}}) {
        Bytes wrong = entry;
        store32(wrong, at, static_cast<uint32_t>(entry.size()));
        CHECK_FALSE(parses(wrong));
        store32(wrong, at, 0xFFFF'FFFF);
        CHECK_FALSE(parses(wrong));
    }
    Bytes too_many = entry;
    store32(too_many, 12, 0x4000'0001);
    CHECK_FALSE(parses(too_many));
    CHECK_FALSE(parses(Bytes(entry.begin(), entry.begin() + 15)));
    CHECK_FALSE(parses(Bytes(entry.begin(), entry.end() - 1)));
    Bytes octets = entryOf({"o", kClaimOctets, 0, {{1, 2, 3}}});
    CHECK_FALSE(parses(Bytes(octets.begin(), octets.end() - 1)));
}

TEST_CASE("claims: a string needs an end and no lone surrogate (§3.9, peios-abi §9, 5)") {
    Bytes entry = entryOf(textClaim("a", {"xy"}));
    CHECK(parses(entry));
    CHECK_FALSE(parses(Bytes(entry.begin(), entry.end() - 2)));
    entry[entry.size() - 3] = 0xD8;  // the y becomes a high surrogate
    CHECK_FALSE(parses(entry));
    Bytes name = entryOf(integerClaim("a", {}));
    name[name.size() - 3] = 0xDC;
    CHECK_FALSE(parses(name));
}

TEST_CASE("claims: an array is entries behind their lengths, to the exact end (§3.9)") {
    const Bytes two = buildClaimArray({integerClaim("a", {1}), textClaim("b", {"x"})}).value();
    CHECK(ClaimSet::parse(two).value().claims().size() == 2);
    CHECK(ClaimSet::parse({}).value().claims().empty());
    CHECK_FALSE(ClaimSet::parse({0, 0, 0, 0}).ok());
    CHECK_FALSE(ClaimSet::parse({0, 0, 0}).ok());
    CHECK_FALSE(ClaimSet::parse(Bytes(two.begin(), two.end() - 1)).ok());
    Bytes trailing = two;
    trailing.push_back(0);
    CHECK_FALSE(ClaimSet::parse(trailing).ok());
}

TEST_CASE("claims: copies of a set share what they view") {
    ClaimSet copy;
    {
        const ClaimSet original = test::claimSet({textClaim("a", {"text"})});
        copy = original;
    }
    CHECK(utf8FromUtf16(copy.claims().front().value.bytes) == "text");
}

TEST_CASE("claims: names fold letter by letter in all of Unicode (§3.8)") {
    CHECK(foldCase("Clearance") == "clearance");
    CHECK(foldCase("ÄÖÜ") == "äöü");
    CHECK(foldCase("ΣΑΣ") == "σασ");
    CHECK(foldCase("ЖЯ") == "жя");
    CHECK(foldCase("\xF0\x90\x90\x80") == "\xF0\x90\x90\xA8");  // Deseret long I
    CHECK(foldCase("İ") == "i\xCC\x87");
    CHECK(foldCase("ß") == "ß");
    CHECK(foldCase("\xFF") == "\xFF");
}

TEST_CASE("utf16: text goes both ways, lone surrogates and odd lengths do not") {
    for (const char* text : {"", "a", "grün", "日本", "\xF0\x9F\x92\xA1"}) {
        CHECK(utf8FromUtf16(utf16FromUtf8(text).value()) == text);
    }
    CHECK_FALSE(utf8FromUtf16(Bytes{0x41}).has_value());
    CHECK_FALSE(utf8FromUtf16(Bytes{0x00, 0xD8}).has_value());
    CHECK_FALSE(utf8FromUtf16(Bytes{0x00, 0xDC, 0x00, 0xD8}).has_value());
    CHECK_FALSE(isUtf16(Bytes{0x00, 0xD8, 0x41, 0x00}));
    CHECK_FALSE(utf16FromUtf8("\xC0\x80").has_value());
}

}  // namespace
}  // namespace evd::access
