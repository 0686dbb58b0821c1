#include "common/wire/msgpack.h"
#include "common/base/text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace evd::wire {
namespace {

std::vector<uint8_t> hex(std::string_view text) {
    return base::decodeHex(text).value();
}

bool isValid(std::string_view text, uint32_t depth_max = 32) {
    return validateMsgpack(hex(text), depth_max).ok();
}

MsgpackToken only(std::string_view text) {
    const auto bytes = hex(text);
    MsgpackReader reader(bytes);
    auto token = reader.next();
    REQUIRE(token.ok());
    CHECK(reader.atEnd());
    token.value().bytes = {};  // would point into a buffer that ends here
    return token.value();
}

std::vector<uint8_t> nestedArrays(size_t levels) {
    std::vector<uint8_t> bytes(levels, 0x91);
    bytes.push_back(0xC0);
    return bytes;
}

template <typename Write>
std::string written(Write write) {
    std::vector<uint8_t> out;
    MsgpackWriter writer(out);
    write(writer);
    return base::encodeHex(out);
}

TEST_CASE("msgpack reader: integers of every width have one value") {
    for (const char* text : {"05", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005",
                             "d10005", "d200000005", "d30000000000000005"}) {
        CAPTURE(text);
        CHECK(only(text).kind == MsgpackKind::Int);
        CHECK(only(text).int_value == 5);
    }
    CHECK(only("ff").int_value == -1);
    CHECK(only("e0").int_value == -32);
    CHECK(only("d080").int_value == -128);
    CHECK(only("d18000").int_value == -32768);
    CHECK(only("d280000000").int_value == std::numeric_limits<int32_t>::min());
    CHECK(only("d38000000000000000").int_value == std::numeric_limits<int64_t>::min());
}

TEST_CASE("msgpack reader: only integers above 2^63-1 are unsigned") {
    CHECK(only("cf7fffffffffffffff").kind == MsgpackKind::Int);
    CHECK(only("cf7fffffffffffffff").int_value == std::numeric_limits<int64_t>::max());
    CHECK(only("cf8000000000000000").kind == MsgpackKind::Uint);
    CHECK(only("cfffffffffffffffff").uint_value == std::numeric_limits<uint64_t>::max());
}

TEST_CASE("msgpack reader: nil, booleans, floats of both widths, containers and extensions") {
    CHECK(only("c0").kind == MsgpackKind::Nil);
    CHECK_FALSE(only("c2").boolean);
    CHECK(only("c3").boolean);
    CHECK(only("ca3fc00000").float_value == 1.5);
    CHECK(only("cb3ff8000000000000").float_value == 1.5);
    CHECK(std::isnan(only("cb7ff8000000000000").float_value));
    CHECK(only("9f").count == 15);
    CHECK(only("dc0100").count == 256);
    CHECK(only("ddffffffff").count == 0xFFFFFFFF);
    CHECK(only("8f").count == 15);
    CHECK(only("de0100").kind == MsgpackKind::Map);
    CHECK(only("dfffffffff").count == 0xFFFFFFFF);
    for (const char* text : {"d4ff00", "d5ff0000", "c702ff0000", "c80002ff0000", "c900000002ff0000",
                             "d6ff00000000", "c700ff"}) {
        CAPTURE(text);
        CHECK(only(text).kind == MsgpackKind::Extension);
        CHECK(only(text).extension_type == -1);
    }
}

TEST_CASE("msgpack reader: text and bytes point at their content") {
    const auto bytes = hex("a3616263c402fffed9026869");
    MsgpackReader reader(bytes);
    CHECK(reader.next().value().bytes == "abc");
    const auto second = reader.next().value();
    CHECK(second.kind == MsgpackKind::Bytes);
    CHECK(second.bytes == "\xff\xfe");
    CHECK(reader.next().value().bytes == "hi");
    CHECK(reader.atEnd());
    CHECK_FALSE(reader.next().ok());
}

TEST_CASE("msgpack reader: whatever is cut short is invalid and leaves the place as it was") {
    const char* whole_values[] = {"a3616263",
                                  "d903616263",
                                  "da0003616263",
                                  "db00000003616263",
                                  "c4020000",
                                  "c5000200",
                                  "c60000000200",
                                  "cc05",
                                  "cf0000000000000005",
                                  "ca3fc00000",
                                  "c702ff0000",
                                  "d8ff00000000000000000000000000000000",
                                  "dc0001"};
    for (const char* text : whole_values) {
        const auto whole = hex(text);
        for (size_t bytes = 0; bytes + 1 < whole.size(); ++bytes) {
            MsgpackReader reader{std::span(whole).first(bytes)};
            CAPTURE(text);
            CHECK_FALSE(reader.next().ok());
            CHECK(reader.offset() == 0);
            CHECK_FALSE(reader.skip().ok());
            CHECK(reader.offset() == 0);
        }
    }
    const auto never_used = hex("c1");
    CHECK_FALSE(MsgpackReader(never_used).next().ok());
}

TEST_CASE("msgpack reader: skip passes over one whole value") {
    const auto bytes = hex("82a16101a16292c0a16205");
    MsgpackReader reader(bytes);
    REQUIRE(reader.skip().ok());
    CHECK(reader.offset() == 10);
    CHECK(reader.next().value().int_value == 5);
}

TEST_CASE("msgpack reader: skip takes its depth of containers and not one more") {
    CHECK(MsgpackReader(nestedArrays(64)).skip().ok());
    CHECK_FALSE(MsgpackReader(nestedArrays(65)).skip().ok());
    CHECK(MsgpackReader(nestedArrays(2)).skip(2).ok());
    CHECK_FALSE(MsgpackReader(nestedArrays(3)).skip(2).ok());
    CHECK_FALSE(MsgpackReader(nestedArrays(100000)).skip(100000).ok());
}

TEST_CASE("validation: exactly one value of any kind, and not nothing") {
    CHECK(isValid("c0"));
    CHECK(isValid("05"));
    CHECK(isValid("80"));
    CHECK(isValid("a0"));
    CHECK_FALSE(isValid(""));
    CHECK_FALSE(isValid("c0c0"));
    CHECK_FALSE(isValid("81a16101c0"));
    CHECK_FALSE(isValid("81a161"));
    CHECK_FALSE(isValid("ddffffffffc0"));
}

TEST_CASE("validation: 0xC1 is invalid wherever it stands as a value") {
    CHECK_FALSE(isValid("c1"));
    CHECK_FALSE(isValid("91c1"));
    CHECK_FALSE(isValid("81c101"));
    CHECK(isValid("c401c1"));
}

TEST_CASE("validation: text must be UTF-8, bytes and extensions may be anything") {
    CHECK(isValid("a2c3a9"));
    CHECK_FALSE(isValid("a1ff"));
    CHECK_FALSE(isValid("a3eda080"));
    CHECK_FALSE(isValid("81a1ff01"));
    CHECK(isValid("c401ff"));
    CHECK(isValid("d405ff"));
    // The last byte of a text longer than eight, and a sequence across the eighth byte.
    CHECK_FALSE(isValid("a96161616161616161ff"));
    CHECK(isValid("a961616161616161c3a9"));
    CHECK(isValid("aa61616161616161c3a962"));
    CHECK_FALSE(isValid("a861616161616161c3"));
}

TEST_CASE("validation: duplicate keys and keys that are not text are accepted") {
    CHECK(isValid("82a16101a16102"));
    CHECK(isValid("8201c09001"));
}

TEST_CASE("validation: a maximum of 32 admits 31 non-empty containers") {
    CHECK(validateMsgpack(nestedArrays(31), 32).ok());
    CHECK_FALSE(validateMsgpack(nestedArrays(32), 32).ok());
    CHECK(validateMsgpack(nestedArrays(3), 4).ok());
    CHECK_FALSE(validateMsgpack(nestedArrays(4), 4).ok());
}

TEST_CASE("validation: empty containers cost no depth") {
    auto bytes = nestedArrays(31);
    bytes.back() = 0x90;
    CHECK(validateMsgpack(bytes, 32).ok());
    bytes.back() = 0x80;
    CHECK(validateMsgpack(bytes, 32).ok());
    CHECK(isValid("90", 1));
    CHECK(isValid("90", 0));
    CHECK_FALSE(isValid("91c0", 1));
}

TEST_CASE("validation: no setting admits more than 255 containers") {
    CHECK(validateMsgpack(nestedArrays(255), 256).ok());
    CHECK_FALSE(validateMsgpack(nestedArrays(256), 256).ok());
    CHECK(validateMsgpack(nestedArrays(255), 1000000).ok());
    CHECK_FALSE(validateMsgpack(nestedArrays(256), 1000000).ok());
}

TEST_CASE("msgpack writer: integers take their shortest form") {
    const auto integer = [](int64_t value) {
        return written([&](MsgpackWriter& writer) { writer.integer(value); });
    };
    CHECK(integer(0) == "00");
    CHECK(integer(127) == "7f");
    CHECK(integer(128) == "cc80");
    CHECK(integer(255) == "ccff");
    CHECK(integer(256) == "cd0100");
    CHECK(integer(65535) == "cdffff");
    CHECK(integer(65536) == "ce00010000");
    CHECK(integer(4294967295) == "ceffffffff");
    CHECK(integer(4294967296) == "cf0000000100000000");
    CHECK(integer(-1) == "ff");
    CHECK(integer(-32) == "e0");
    CHECK(integer(-33) == "d0df");
    CHECK(integer(-128) == "d080");
    CHECK(integer(-129) == "d1ff7f");
    CHECK(integer(-32769) == "d2ffff7fff");
    CHECK(integer(std::numeric_limits<int64_t>::min()) == "d38000000000000000");
    CHECK(written([](MsgpackWriter& writer) { writer.unsignedInteger(~uint64_t{0}); }) ==
          "cfffffffffffffffff");
}

TEST_CASE("msgpack writer: lengths take their shortest form") {
    const auto textHead = [](size_t length) {
        return written([&](MsgpackWriter& writer) { writer.text(std::string(length, 'a')); })
            .substr(0, 6);
    };
    CHECK(textHead(31).substr(0, 2) == "bf");
    CHECK(textHead(32).substr(0, 4) == "d920");
    CHECK(textHead(255).substr(0, 4) == "d9ff");
    CHECK(textHead(256) == "da0100");
    CHECK(textHead(65536).substr(0, 4) == "db00");
    CHECK(written([](MsgpackWriter& writer) { writer.bytes({}); }) == "c400");
    CHECK(written([](MsgpackWriter& writer) { writer.arrayHeader(15); }) == "9f");
    CHECK(written([](MsgpackWriter& writer) { writer.arrayHeader(16); }) == "dc0010");
    CHECK(written([](MsgpackWriter& writer) { writer.mapHeader(15); }) == "8f");
    CHECK(written([](MsgpackWriter& writer) { writer.mapHeader(65536); }) == "df00010000");
}

TEST_CASE("msgpack writer: a map whose count is known last") {
    std::vector<uint8_t> out = {0x92, 0xC0};
    MsgpackWriter writer(out);
    const size_t opened_at = writer.openMap();
    writer.text("a");
    writer.boolean(true);
    writer.text("b");
    writer.floating(0.5);
    writer.setMapCount(opened_at, 2);
    CHECK(base::encodeHex(out) == "92c0df00000002a161c3a162cb3fe0000000000000");
    CHECK(validateMsgpack(out, 32).ok());
}

}  // namespace
}  // namespace evd::wire
