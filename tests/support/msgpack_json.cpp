#include "tests/support/msgpack_json.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace evd::test {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

std::vector<uint8_t> bytesOf(const OrderedJson& hex) {
    const auto decoded = base::decodeHex(hex.get<std::string>());
    EVD_CHECK(decoded.ok(), "malformed hex in a test");
    return decoded.value();
}

void append(const OrderedJson& json, std::vector<uint8_t>& out);

// An object with one key that begins with a dollar sign.
bool appendSpecial(const OrderedJson& json, std::vector<uint8_t>& out) {
    wire::MsgpackWriter writer(out);
    const std::string key = json.size() == 1 ? json.begin().key() : "";
    const OrderedJson& value = json.size() == 1 ? json.begin().value() : json;
    if (key == "$binary") {
        writer.bytes(bytesOf(value));
    } else if (key == "$raw") {
        writer.raw(bytesOf(value));
    } else if (key == "$float") {
        const auto name = value.get<std::string>();
        const double infinity = std::numeric_limits<double>::infinity();
        writer.floating(name == "nan" ? std::nan("") : name == "inf" ? infinity : -infinity);
    } else if (key == "$f32") {
        const auto single = value.get<float>();
        uint32_t bits = 0;
        static_assert(sizeof(bits) == sizeof(single));
        __builtin_memcpy(&bits, &single, sizeof(bits));
        out.push_back(0xCA);
        for (int shift = 24; shift >= 0; shift -= 8) {
            out.push_back(static_cast<uint8_t>(bits >> shift));
        }
    } else if (key == "$ext") {
        const auto content = bytesOf(value[1]);
        out.push_back(0xC7);
        out.push_back(static_cast<uint8_t>(content.size()));
        out.push_back(static_cast<uint8_t>(value[0].get<int>()));
        out.insert(out.end(), content.begin(), content.end());
    } else if (key == "$map") {
        writer.mapHeader(static_cast<uint32_t>(value.size()));
        for (const OrderedJson& pair : value) {
            append(pair[0], out);
            append(pair[1], out);
        }
    } else {
        return false;
    }
    return true;
}

void append(const OrderedJson& json, std::vector<uint8_t>& out) {
    wire::MsgpackWriter writer(out);
    if (json.is_null()) {
        writer.nil();
    } else if (json.is_boolean()) {
        writer.boolean(json.get<bool>());
    } else if (json.is_number_unsigned()) {
        writer.unsignedInteger(json.get<uint64_t>());
    } else if (json.is_number_integer()) {
        writer.integer(json.get<int64_t>());
    } else if (json.is_number_float()) {
        writer.floating(json.get<double>());
    } else if (json.is_string()) {
        writer.text(json.get_ref<const std::string&>());
    } else if (json.is_array()) {
        writer.arrayHeader(static_cast<uint32_t>(json.size()));
        for (const OrderedJson& member : json) {
            append(member, out);
        }
    } else if (!appendSpecial(json, out)) {
        writer.mapHeader(static_cast<uint32_t>(json.size()));
        for (const auto& [key, value] : json.items()) {
            writer.text(key);
            append(value, out);
        }
    }
}

Json readValue(wire::MsgpackReader& reader, std::span<const uint8_t> bytes);

Json readMap(wire::MsgpackReader& reader, std::span<const uint8_t> bytes, uint32_t pairs) {
    Json object = Json::object();
    Json list = Json::array();
    bool plain = true;
    for (uint32_t i = 0; i < pairs; ++i) {
        const Json key = readValue(reader, bytes);
        const Json value = readValue(reader, bytes);
        plain = plain && key.is_string() && !object.contains(key.get<std::string>());
        if (plain) {
            object[key.get<std::string>()] = value;
        }
        list.push_back(Json::array({key, value}));
    }
    return plain ? object : Json{{"$map", list}};
}

Json floatJson(double value) {
    if (std::isfinite(value)) {
        return value;
    }
    return {{"$float", std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"}};
}

Json readValue(wire::MsgpackReader& reader, std::span<const uint8_t> bytes) {
    const size_t start = reader.offset();
    const auto token = reader.next();
    EVD_CHECK(token.ok(), "a record that is not msgpack");
    switch (token.value().kind) {
        case wire::MsgpackKind::Nil:
            return nullptr;
        case wire::MsgpackKind::Boolean:
            return token.value().boolean;
        case wire::MsgpackKind::Int:
            return token.value().int_value;
        case wire::MsgpackKind::Uint:
            return token.value().uint_value;
        case wire::MsgpackKind::Float:
            return floatJson(token.value().float_value);
        case wire::MsgpackKind::Text:
            return std::string(token.value().bytes);
        case wire::MsgpackKind::Bytes:
            return {{"$binary", base::encodeHex(base::asBytes(token.value().bytes))}};
        case wire::MsgpackKind::Extension:
            return {{"$ext", base::encodeHex(bytes.subspan(start, reader.offset() - start))}};
        case wire::MsgpackKind::Array: {
            Json list = Json::array();
            for (uint32_t i = 0; i < token.value().count; ++i) {
                list.push_back(readValue(reader, bytes));
            }
            return list;
        }
        case wire::MsgpackKind::Map:
            return readMap(reader, bytes, token.value().count);
    }
    return nullptr;
}

}  // namespace

base::Result<std::vector<uint8_t>> msgpackOfJson(std::string_view json) {
    const auto parsed = OrderedJson::parse(json, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_discarded()) {
        return base::fail(base::ErrorKind::Invalid, base::cat("malformed json: ", json));
    }
    std::vector<uint8_t> out;
    append(parsed, out);
    return out;
}

std::string jsonOfMsgpack(std::span<const uint8_t> msgpack) {
    wire::MsgpackReader reader(msgpack);
    const Json json = readValue(reader, msgpack);
    EVD_CHECK(reader.atEnd(), "bytes after a record");
    return json.dump();
}

}  // namespace evd::test
