#include "common/access/security_descriptor.h"
#include "common/access/access_mask.h"
#include "common/access/little_endian.h"
#include "common/access/sddl.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"
#include "tests/support/access_scene.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::bytesOfSddl;
using Bytes = std::vector<uint8_t>;

bool parses(const Bytes& bytes) {
    return parseSecurityDescriptor(bytes).ok();
}

// The bytes with some of them changed.
Bytes with(Bytes bytes, size_t at, std::initializer_list<uint8_t> changed) {
    std::copy(changed.begin(), changed.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
    return bytes;
}

// A descriptor with one ACE of these bytes in its DACL.
Bytes withAce(const Bytes& ace) {
    Bytes bytes = bytesOfSddl("O:SYD:");
    const auto size = static_cast<uint16_t>(8 + ace.size());
    const size_t acl = bytes.size() - 8;
    bytes = with(bytes, acl + 2, {static_cast<uint8_t>(size), static_cast<uint8_t>(size >> 8), 1});
    appendBytes(bytes, ace);
    return bytes;
}

Bytes hex(std::string_view text) {
    return base::decodeHex(text).value();
}

TEST_CASE("descriptor: parts stand in the order owner, group, SACL, DACL (PSD-004 §3.1)") {
    const Bytes bytes = bytesOfSddl("O:SYG:BAD:(A;;GA;;;WD)S:(ML;;NW;;;ME)");
    CHECK(load32(bytes, 4) == 20);
    CHECK(load32(bytes, 8) == 32);
    CHECK(load32(bytes, 12) == 48);
    CHECK(load32(bytes, 16) == 76);
    CHECK(load16(bytes, 2) == (kSelfRelative | kDaclPresent | kSaclPresent));
    const auto descriptor = parseSecurityDescriptor(bytes);
    REQUIRE(descriptor.ok());
    CHECK(buildSecurityDescriptor(descriptor.value()).value() == bytes);
}

TEST_CASE("descriptor: an absent DACL and an empty one are different things (§3.1)") {
    CHECK_FALSE(parseSecurityDescriptor(bytesOfSddl("O:SY")).value().dacl.has_value());
    const auto empty = parseSecurityDescriptor(bytesOfSddl("O:SYD:"));
    REQUIRE(empty.value().dacl.has_value());
    CHECK(empty.value().dacl->aces.empty());
}

TEST_CASE("descriptor: presence bit and offset must agree (peios-abi §3.3)") {
    const Bytes bytes = bytesOfSddl("O:SYD:(A;;GA;;;WD)");
    CHECK(parses(bytes));
    CHECK_FALSE(parses(with(bytes, 2, {0x00})));   // present bit cleared
    CHECK_FALSE(parses(with(bytes, 16, {0x00})));  // offset cleared
    CHECK_FALSE(parses(with(bytes, 2, {0x14})));   // a SACL that is not there
}

TEST_CASE("descriptor: revision, self-relative bit and offsets are checked (§3.1)") {
    const Bytes bytes = bytesOfSddl("O:SYD:(A;;GA;;;WD)");
    CHECK_FALSE(parses(with(bytes, 0, {2})));
    CHECK_FALSE(parses(with(bytes, 3, {0x00})));
    CHECK_FALSE(parses(with(bytes, 4, {19})));
    CHECK_FALSE(parses(with(bytes, 4, {static_cast<uint8_t>(bytes.size())})));
    CHECK_FALSE(parses(Bytes(bytes.begin(), bytes.begin() + 19)));
    CHECK_FALSE(parses(Bytes(bytes.begin(), bytes.end() - 1)));
    Bytes longer = bytes;
    longer.push_back(0xFF);
    CHECK(parses(longer));  // what stands behind the parts is nobody's business
}

TEST_CASE("descriptor: parts that share bytes are refused (peios-abi §3.3)") {
    const Bytes bytes = bytesOfSddl("O:SYG:SYD:(A;;GA;;;WD)");
    CHECK(parses(bytes));
    CHECK_FALSE(parses(with(bytes, 8, {20})));  // the group is the owner's image
    CHECK(parses(with(bytes, 8, {0})));
}

TEST_CASE("descriptor: 65535 bytes are taken, 65536 are not (§3.1)") {
    Bytes bytes = bytesOfSddl("O:SYD:");
    bytes.resize(65'535);
    CHECK(parses(bytes));
    bytes.push_back(0);
    CHECK_FALSE(parses(bytes));
}

TEST_CASE("descriptor: what would be longer than 65535 bytes is not built (§3.1)") {
    SecurityDescriptor descriptor = parseSddl("O:SYD:S:").value();
    const Ace ace = parseSddl("O:SYD:(A;;GA;;;WD)").value().dacl->aces.front();  // 20 bytes
    descriptor.dacl->aces.assign(3000, ace);
    CHECK(buildSecurityDescriptor(descriptor).ok());
    descriptor.sacl->aces.assign(275, ace);
    CHECK_FALSE(buildSecurityDescriptor(descriptor).ok());
    descriptor.sacl->aces.resize(273);
    CHECK(buildSecurityDescriptor(descriptor).value().size() <= SecurityDescriptor::kBytesMax);
    descriptor.dacl->aces.assign(3300, ace);
    CHECK_FALSE(buildSecurityDescriptor(descriptor).ok());
}

TEST_CASE("acl: count and size must agree, revision does not matter (§3.2, §3.4)") {
    const Bytes bytes = bytesOfSddl("O:SYD:(A;;GA;;;WD)(A;;GR;;;WD)");
    const size_t acl = 32;
    CHECK_FALSE(parses(with(bytes, acl + 4, {1})));
    CHECK_FALSE(parses(with(bytes, acl + 4, {3})));
    CHECK_FALSE(parses(with(bytes, acl + 2, {44})));
    CHECK_FALSE(parses(with(bytes, acl + 2, {7})));
    CHECK(parses(with(bytes, acl, {0})));
    CHECK(parses(with(bytes, acl, {4, 9})));
}

TEST_CASE("acl: the revision written is the least that the types need (§3.4)") {
    CHECK(parseSddl("O:SYD:(A;;GA;;;WD)").value().dacl->revision == 2);
    CHECK(parseSddl("O:SYD:(OA;;GA;;;WD)").value().dacl->revision == 4);
    CHECK(parseSddl("O:SYD:(XA;;GA;;;WD;(Exists a))").value().dacl->revision == 4);
    CHECK(parseSddl("O:SYS:(ML;;NW;;;ME)").value().sacl->revision == 2);
}

TEST_CASE("ace: the SID fills a plain ACE to its end (§3.4)") {
    CHECK(parses(withAce(hex("0000140001000000010100000000000512000000"))));
    CHECK_FALSE(parses(withAce(hex("000018000100000001010000000000051200000000000000"))));
    CHECK_FALSE(parses(withAce(hex("0000140001000000010200000000000512000000"))));
    CHECK(parses(withAce(hex("00001000010000000100000000000005"))));  // a SID of eight bytes
}

TEST_CASE("ace: sizes are multiples of four and at least what the type needs (§3.4)") {
    CHECK_FALSE(parses(withAce(hex("000006000100"))));
    CHECK_FALSE(parses(withAce(hex("00000c000100000001000000"))));
    CHECK_FALSE(parses(withAce(hex("00000000"))));
    CHECK_FALSE(parses(withAce(hex("0500140001000000000000000100000000000005ff"))));
    CHECK(parses(withAce(hex("0500140001000000000000000100000000000005"))));
    CHECK_FALSE(parses(withAce(hex("0500140001000000010000000100000000000005"))));
}

TEST_CASE("ace: reserved bits and MAXIMUM_ALLOWED make the descriptor malformed (Ruling V2, D-7)") {
    for (const char* mask :
         {"00002000", "00004000", "00008000", "00000004", "00000008", "00000002"}) {
        CHECK_FALSE(
            parses(withAce(hex(std::string("00001400") + mask + "010100000000000512000000"))));
        // A label's mask holds no rights.
        CHECK(parses(withAce(hex(std::string("11001400") + mask + "010100000000001000000000"))));
    }
    CHECK(parses(withAce(hex("00001400ffff1ff1010100000000000512000000"))));
}

TEST_CASE("ace: an unknown type is kept byte for byte (§3.4)") {
    for (const char* text : {"04ff08000badf00d", "15000400", "ff00080000000000"}) {
        const Bytes bytes = withAce(hex(text));
        const auto parsed = parseSecurityDescriptor(bytes);
        REQUIRE(parsed.ok());
        CHECK(buildSecurityDescriptor(parsed.value()).value() == bytes);
    }
}

TEST_CASE("ace: unknown object flags are ignored and kept (§3.4)") {
    const Bytes bytes = withAce(hex("0500140001000000040000800100000000000005"));
    const auto parsed = parseSecurityDescriptor(bytes);
    REQUIRE(parsed.ok());
    CHECK_FALSE(parsed.value().dacl->aces.front().object_type.has_value());
    CHECK(buildSecurityDescriptor(parsed.value()).value() == bytes);
}

TEST_CASE("ace: a resource attribute names Everyone and holds one sound claim (§3.4, §3.10)") {
    SecurityDescriptor descriptor = parseSddl("O:SYS:(RA;;;;;WD;(\"a\",TI,0,1))").value();
    CHECK(buildSecurityDescriptor(descriptor).ok());
    SecurityDescriptor wrong = descriptor;
    wrong.sacl->aces.front().sid = sids::kSystem;
    CHECK_FALSE(buildSecurityDescriptor(wrong).ok());
    wrong = descriptor;
    wrong.sacl->aces.front().application_data.resize(12);
    CHECK_FALSE(buildSecurityDescriptor(wrong).ok());
}

TEST_CASE("ace: one that is too long is not built") {
    Ace ace = parseSddl("O:SYD:(XA;;GA;;;WD;(Exists a))").value().dacl->aces.front();
    Bytes out;
    ace.application_data.assign(Ace::kBytesMax - 20, 0);
    CHECK(appendAce(out, ace).ok());
    CHECK(out.size() == Ace::kBytesMax);
    ace.application_data.push_back(0);
    CHECK_FALSE(appendAce(out, ace).ok());
    CHECK(out.size() == Ace::kBytesMax);
}

TEST_CASE("access mask: generic rights are mapped, reserved bits refused (§3.3, PSD-008 §9.1)") {
    CHECK(kEventdMapping.map(kGenericRead).value() == 0x0002'0001);
    CHECK(kEventdMapping.map(kGenericWrite).value() == 0x0002'0002);
    CHECK(kEventdMapping.map(kGenericExecute).value() == 0x0002'0001);
    CHECK(kEventdMapping.map(kGenericAll).value() == 0x000F'0003);
    CHECK(kEventdMapping.map(kGenericRead | 0x10).value() == 0x0002'0011);
    for (const uint32_t bit : {21u, 22u, 23u, 26u, 27u}) {
        CHECK_FALSE(kEventdMapping.map(uint32_t{1} << bit).ok());
    }
}

}  // namespace
}  // namespace evd::access
