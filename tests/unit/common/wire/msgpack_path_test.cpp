#include "common/wire/msgpack_path.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <string>

namespace evd::wire {
namespace {

// Writes small maps as a person would: {"a": 1, "b": {...}}.
struct Payload {
    std::vector<uint8_t> bytes;
    MsgpackWriter writer{bytes};

    Payload& map(uint32_t pairs) { return writer.mapHeader(pairs), *this; }
    Payload& key(std::string_view name) { return writer.text(name), *this; }
    Payload& number(int64_t value) { return writer.integer(value), *this; }
};

std::optional<int64_t> numberAt(const Payload& payload, std::string_view name) {
    const auto value = findPath(payload.bytes, name);
    if (!value.has_value()) {
        return std::nullopt;
    }
    MsgpackReader reader(*value);
    const auto token = reader.next();
    REQUIRE(token.ok());
    CHECK(reader.atEnd());
    return token.value().int_value;
}

std::string namesOf(const Payload& payload) {
    std::string names;
    for (const PayloadField& field : listFields(payload.bytes)) {
        names += field.name + "=" + base::encodeHex(field.value) + " ";
    }
    return names;
}

TEST_CASE("path: a field of the top map, first, middle and last") {
    Payload payload;
    payload.map(3).key("a").number(1).key("bb").number(2).key("c").number(3);
    CHECK(numberAt(payload, "a") == 1);
    CHECK(numberAt(payload, "bb") == 2);
    CHECK(numberAt(payload, "c") == 3);
    CHECK_FALSE(numberAt(payload, "b").has_value());
    CHECK_FALSE(numberAt(payload, "bbb").has_value());
    CHECK_FALSE(numberAt(payload, "").has_value());
    CHECK_FALSE(numberAt(payload, "a.").has_value());
    CHECK_FALSE(numberAt(payload, ".a").has_value());
    CHECK(namesOf(payload) == "a=01 bb=02 c=03 ");
}

TEST_CASE("path: nested maps are dotted and are no fields themselves (Ruling Q9)") {
    Payload payload;
    payload.map(2).key("source").map(2).key("name").number(7).key("id").map(1).key("x").number(9);
    payload.key("last").number(1);
    CHECK(numberAt(payload, "source.name") == 7);
    CHECK(numberAt(payload, "source.id.x") == 9);
    CHECK(numberAt(payload, "last") == 1);
    CHECK_FALSE(numberAt(payload, "source").has_value());
    CHECK_FALSE(numberAt(payload, "source.id").has_value());
    CHECK_FALSE(numberAt(payload, "name").has_value());
    CHECK_FALSE(numberAt(payload, "last.x").has_value());
    CHECK(namesOf(payload) == "source.name=07 source.id.x=09 last=01 ");
}

TEST_CASE("path: a key that contains dots is found by its own name (Ruling Q9)") {
    Payload payload;
    payload.map(2).key("http.method").number(1).key("a").map(1).key("b.c").number(2);
    CHECK(numberAt(payload, "http.method") == 1);
    CHECK(numberAt(payload, "a.b.c") == 2);
    CHECK(namesOf(payload) == "http.method=01 a.b.c=02 ");
}

TEST_CASE("path: a nested path wins over a dotted key, whichever comes first (Ruling Q9)") {
    Payload dotted_first;
    dotted_first.map(2).key("a.b").number(1).key("a").map(1).key("b").number(2);
    CHECK(numberAt(dotted_first, "a.b") == 2);
    CHECK(namesOf(dotted_first) == "a.b=02 ");
    Payload nested_first;
    nested_first.map(2).key("a").map(1).key("b").number(2).key("a.b").number(1);
    CHECK(numberAt(nested_first, "a.b") == 2);
    CHECK(namesOf(nested_first) == "a.b=02 ");
}

TEST_CASE("path: the deepest of three places wins, and of equally deep ones the first") {
    Payload payload;
    payload.map(3).key("a.b.c").number(1).key("a.b").map(1).key("c").number(2);
    payload.key("a").map(2).key("b.c").number(3).key("b").map(1).key("c").number(4);
    CHECK(numberAt(payload, "a.b.c") == 4);
    Payload equal;
    equal.map(2).key("a.b").map(1).key("c").number(2).key("a").map(1).key("b.c").number(3);
    CHECK(numberAt(equal, "a.b.c") == 2);
    CHECK(namesOf(equal) == "a.b.c=02 ");
}

TEST_CASE("path: of duplicate keys only the first counts") {
    Payload payload;
    payload.map(2).key("a").number(1).key("a").number(2);
    CHECK(numberAt(payload, "a") == 1);
    CHECK(namesOf(payload) == "a=01 ");
    Payload maps;
    maps.map(2).key("a").map(1).key("b").number(1).key("a").map(1).key("c").number(2);
    CHECK(numberAt(maps, "a.b") == 1);
    CHECK_FALSE(numberAt(maps, "a.c").has_value());
    CHECK(namesOf(maps) == "a.b=01 ");
}

TEST_CASE("path: an empty map and an array are values as they are") {
    Payload payload;
    payload.map(2).key("none").map(0).key("list");
    payload.writer.arrayHeader(1);
    payload.map(1).key("x").number(1);
    CHECK(base::encodeHex(findPath(payload.bytes, "none").value()) == "80");
    CHECK(base::encodeHex(findPath(payload.bytes, "list").value()) == "9181a17801");
    CHECK_FALSE(findPath(payload.bytes, "list.x").has_value());
}

TEST_CASE("path: keys that are not text name nothing") {
    Payload payload;
    payload.map(3).number(5).number(1);
    payload.writer.bytes(base::asBytes("a"));
    payload.number(2).map(1).key("a").number(3).number(4);
    CHECK_FALSE(numberAt(payload, "a").has_value());
    CHECK_FALSE(numberAt(payload, "5").has_value());
    CHECK(namesOf(payload).empty());
}

TEST_CASE(
    "path: what is no map, empty, malformed or followed by something has no fields (Ruling K5)") {
    for (const char* text : {"", "c0", "05", "80", "91a161", "81a161", "81a16101c0", "82a16101",
                             "82a16101a162c1", "82a16101c101", "81c1c0", "dfffffffffa16101"}) {
        CAPTURE(text);
        const auto bytes = base::decodeHex(text).value();
        CHECK_FALSE(findPath(bytes, "a").has_value());
        CHECK(listFields(bytes).empty());
    }
}

// {"a": 1, "deep": {"k": {"k": ... 1}}} with so many maps in all.
Payload deepMaps(size_t levels) {
    Payload payload;
    payload.map(2).key("a").number(1).key("deep");
    for (size_t level = 1; level < levels; ++level) {
        payload.map(1).key("k");
    }
    payload.number(1);
    return payload;
}

TEST_CASE("path: 64 containers deep has fields, 65 deep has none at all (Ruling Q9)") {
    CHECK(numberAt(deepMaps(64), "a") == 1);
    CHECK(listFields(deepMaps(64).bytes).size() == 2);
    CHECK_FALSE(numberAt(deepMaps(65), "a").has_value());
    CHECK(listFields(deepMaps(65).bytes).empty());
    std::string name = "deep";
    for (int level = 1; level < 64; ++level) {
        name += ".k";
    }
    CHECK(numberAt(deepMaps(64), name) == 1);
    CHECK_FALSE(numberAt(deepMaps(65), name).has_value());
}

TEST_CASE("path: names up to the limits are found, beyond them not") {
    const std::string longest(kFieldNameBytesMax, 'n');
    Payload payload;
    payload.map(2).key(longest).number(1).key(longest + "n").number(2);
    CHECK(numberAt(payload, longest) == 1);
    CHECK_FALSE(numberAt(payload, longest + "n").has_value());
    CHECK(listFields(payload.bytes).size() == 1);
    const std::string dots(kFieldNameSegmentsMax - 1, '.');
    Payload dotted;
    dotted.map(2).key(dots).number(1).key(dots + ".").number(2);
    CHECK(numberAt(dotted, dots) == 1);
    CHECK_FALSE(numberAt(dotted, dots + ".").has_value());
    CHECK(listFields(dotted.bytes).size() == 1);
}

TEST_CASE("path: peeking gives what finding gives, and does not look beyond") {
    Payload payload;
    payload.map(5).key("a").number(1).key("m").map(1).key("x").number(2).key("a").number(3);
    payload.key("text").writer.text(std::string(300, 't'));
    payload.key("z").number(-70000);
    for (const std::string_view name : {"a", "m", "x", "text", "z", "absent", ""}) {
        CAPTURE(name);
        const auto found = findPath(payload.bytes, name);
        const auto peeked = peekField(payload.bytes, name);
        REQUIRE(found.has_value() == peeked.has_value());
        CHECK((!found || std::ranges::equal(*found, *peeked)));
    }
    payload.bytes.pop_back();
    CHECK_FALSE(findPath(payload.bytes, "a").has_value());
    CHECK(peekField(payload.bytes, "a").has_value());
    CHECK_FALSE(peekField(payload.bytes, "z").has_value());
    CHECK_FALSE(peekField({}, "a").has_value());
}

TEST_CASE("path: flat maps list their fields as nested ones do") {
    Payload flat;
    flat.map(4).key("b").number(1).key("a.c").number(2).key("b").number(3).key("").number(4);
    CHECK(namesOf(flat) == "b=01 a.c=02 =04 ");
    Payload wide;
    wide.map(40);
    for (int i = 0; i < 40; ++i) {
        wide.key("k" + std::to_string(i % 30)).number(i);
    }
    CHECK(listFields(wide.bytes).size() == 30);
    Payload late;  // nested, but only at its end, and the deeper one wins
    late.map(2).key("a.b").number(1).key("a").map(1).key("b").number(2);
    CHECK(namesOf(late) == "a.b=02 ");
    flat.bytes.push_back(0);
    CHECK(listFields(flat.bytes).empty());
}

}  // namespace
}  // namespace evd::wire
