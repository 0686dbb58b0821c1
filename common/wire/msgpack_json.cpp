#include "common/wire/msgpack_json.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace evd::wire {

namespace {

struct Entry {
    MsgpackToken key;
    std::span<const uint8_t> key_bytes;
    std::span<const uint8_t> value_bytes;
};

void appendValue(std::span<const uint8_t> value, uint32_t depth_left, std::string& out);

void appendFloat(double value, std::string& out) {
    if (std::isnan(value)) {
        out += R"({"$float":"nan"})";
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? R"({"$float":"inf"})" : R"({"$float":"-inf"})";
        return;
    }
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value);
    const std::string_view text(digits, static_cast<size_t>(end.ptr - digits));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) {
        out += ".0";  // a reader shall see a float
    }
}

void appendHexObject(std::string_view name, std::string_view bytes, std::string& out) {
    out += "{\"";
    out += name;
    out += "\":\"";
    out += base::encodeHex(base::asBytes(bytes));
    out += "\"}";
}

// The raw bytes of the reader's next value.
std::span<const uint8_t> nextRaw(std::span<const uint8_t> all, MsgpackReader& reader) {
    const size_t from = reader.offset();
    (void)reader.skip(kJsonDepthMax);  // what does not fit stays empty and is shown as null
    return all.subspan(from, reader.offset() - from);
}

void appendArray(std::span<const uint8_t> value, MsgpackReader& reader, uint32_t count,
                 uint32_t depth_left, std::string& out) {
    out += '[';
    for (uint32_t i = 0; i < count; ++i) {
        out += i == 0 ? "" : ",";
        appendValue(nextRaw(value, reader), depth_left, out);
    }
    out += ']';
}

bool isPlainKey(const Entry& entry) {
    return entry.key.kind == MsgpackKind::Text && base::isUtf8(entry.key.bytes);
}

void appendObject(const std::vector<Entry>& sorted, uint32_t depth_left, std::string& out) {
    out += '{';
    for (const Entry& entry : sorted) {
        out += &entry == sorted.data() ? "" : ",";
        appendJsonText(entry.key.bytes, out);
        out += ':';
        appendValue(entry.value_bytes, depth_left, out);
    }
    out += '}';
}

void appendPairs(const std::vector<Entry>& entries, uint32_t depth_left, std::string& out) {
    out += R"({"$map":[)";
    for (const Entry& entry : entries) {
        out += &entry == entries.data() ? "[" : ",[";
        appendValue(entry.key_bytes, depth_left, out);
        out += ',';
        appendValue(entry.value_bytes, depth_left, out);
        out += ']';
    }
    out += "]}";
}

void appendMap(std::span<const uint8_t> value, MsgpackReader& reader, uint32_t count,
               uint32_t depth_left, std::string& out) {
    std::vector<Entry> entries;
    for (uint32_t i = 0; i < count; ++i) {
        MsgpackReader ahead = reader;
        const auto key = ahead.next();
        Entry entry;
        entry.key = key.ok() ? key.value() : MsgpackToken{};
        entry.key_bytes = nextRaw(value, reader);
        entry.value_bytes = nextRaw(value, reader);
        entries.push_back(entry);
    }
    std::vector<Entry> sorted = entries;
    const auto byKey = [](const Entry& left, const Entry& right) {
        return left.key.bytes < right.key.bytes;
    };
    const auto sameKey = [](const Entry& left, const Entry& right) {
        return left.key.bytes == right.key.bytes;
    };
    std::sort(sorted.begin(), sorted.end(), byKey);
    const bool is_object =
        std::all_of(sorted.begin(), sorted.end(), isPlainKey) &&
        std::adjacent_find(sorted.begin(), sorted.end(), sameKey) == sorted.end();
    if (is_object) {
        appendObject(sorted, depth_left, out);
    } else {
        appendPairs(entries, depth_left, out);
    }
}

void appendContainer(std::span<const uint8_t> value, MsgpackReader& reader,
                     const MsgpackToken& token, uint32_t depth_left, std::string& out) {
    MsgpackReader whole(value);
    if (depth_left == 0 || !whole.skip(kJsonDepthMax).ok()) {
        out += "null";
    } else if (token.kind == MsgpackKind::Array) {
        appendArray(value, reader, token.count, depth_left - 1, out);
    } else {
        appendMap(value, reader, token.count, depth_left - 1, out);
    }
}

void appendValue(std::span<const uint8_t> value, uint32_t depth_left, std::string& out) {
    MsgpackReader reader(value);
    const auto read = reader.next();
    const MsgpackToken token = read.ok() ? read.value() : MsgpackToken{};
    switch (token.kind) {
        case MsgpackKind::Nil:
            out += "null";
            break;
        case MsgpackKind::Boolean:
            out += token.boolean ? "true" : "false";
            break;
        case MsgpackKind::Int:
            out += base::cat(token.int_value);
            break;
        case MsgpackKind::Uint:
            out += base::cat(token.uint_value);
            break;
        case MsgpackKind::Float:
            appendFloat(token.float_value, out);
            break;
        case MsgpackKind::Text:
            if (base::isUtf8(token.bytes)) {
                appendJsonText(token.bytes, out);
            } else {
                appendHexObject("$binary", token.bytes, out);
            }
            break;
        case MsgpackKind::Bytes:
            appendHexObject("$binary", token.bytes, out);
            break;
        case MsgpackKind::Extension:
            out += base::cat(R"({"$extension":[)", static_cast<int>(token.extension_type), ",\"",
                             base::encodeHex(base::asBytes(token.bytes)), "\"]}");
            break;
        case MsgpackKind::Array:
        case MsgpackKind::Map:
            appendContainer(value, reader, token, depth_left, out);
            break;
    }
}

}  // namespace

void appendJson(std::span<const uint8_t> value, std::string& out) {
    appendValue(value, kJsonDepthMax, out);
}

void appendJsonText(std::string_view text, std::string& out) {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    out += '"';
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            out += '\\';
            out += letter;
        } else if (letter == '\n') {
            out += "\\n";
        } else if (letter == '\t') {
            out += "\\t";
        } else if (letter == '\r') {
            out += "\\r";
        } else if (code < 0x20 || code == 0x7F) {
            out += "\\u00";
            out += kHexDigits[code >> 4];
            out += kHexDigits[code & 15];
        } else {
            out += letter;
        }
    }
    out += '"';
}

}  // namespace evd::wire
