#include "queryd/client/eventd/client.h"

#include <algorithm>
#include <array>
#include <charconv>

// How values look as text. Only for people: nothing reads it back.

namespace eventd {

namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr unsigned char kFirstPrintable = 0x20;
constexpr unsigned char kDelete = 0x7f;
constexpr unsigned char kLatinLead = 0xC2;
constexpr unsigned char kFirstLatin = 0xA0;

void appendHexByte(unsigned char byte, std::string& out) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
}

// The second row of control characters is U+0080 to U+009F: in UTF-8 C2 80 to C2 9F.
bool isLatinControl(std::string_view text, size_t at) {
    return static_cast<unsigned char>(text[at]) == kLatinLead && at + 1 < text.size() &&
           static_cast<unsigned char>(text[at + 1]) < kFirstLatin;
}

void appendText(std::string_view text, std::string& out) {
    out += '"';
    for (size_t at = 0; at < text.size(); ++at) {
        at += isLatinControl(text, at) ? 1 : 0;
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool is_latin_control = at > 0 && isLatinControl(text, at - 1);
        if (byte < kFirstPrintable || byte == kDelete || is_latin_control) {
            out += "\\x";
            appendHexByte(byte, out);
        } else {
            out += byte == '"' || byte == '\\' ? "\\" : "";
            out += text[at];
        }
    }
    out += '"';
}

// A field's name as it is, where it is of the usual kind; any other one as text.
void appendName(std::string_view name, std::string& out) {
    const bool is_usual = !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte > kFirstPrintable && byte < kDelete && letter != '"' && letter != '=';
    });
    if (is_usual) {
        out += name;
    } else {
        appendText(name, out);
    }
}

template <typename Number>
void appendNumber(Number number, std::string& out) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
    out.append(digits.begin(), end);
}

// Lists and maps go down again; the depth is bounded where values are read.
void appendValue(const Value& value, std::string& out);

void appendHeld(std::monostate, std::string& out) {
    out += "nil";
}
void appendHeld(bool truth, std::string& out) {
    out += truth ? "true" : "false";
}
void appendHeld(int64_t number, std::string& out) {
    appendNumber(number, out);
}
void appendHeld(uint64_t number, std::string& out) {
    appendNumber(number, out);
}
void appendHeld(double number, std::string& out) {
    appendNumber(number, out);
}
void appendHeld(const std::string& text, std::string& out) {
    appendText(text, out);
}

void appendHeld(const Value::Bytes& bytes, std::string& out) {
    out += "x\"";
    for (const uint8_t byte : bytes) {
        appendHexByte(byte, out);
    }
    out += '"';
}

void appendHeld(const Value::List& items, std::string& out) {
    out += '[';
    for (size_t i = 0; i < items.size(); ++i) {
        out += i == 0 ? "" : ", ";
        appendValue(items[i], out);
    }
    out += ']';
}

void appendHeld(const Value::Map& entries, std::string& out) {
    out += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
        out += i == 0 ? "" : ", ";
        appendValue(entries[i].key, out);
        out += ": ";
        appendValue(entries[i].value, out);
    }
    out += '}';
}

void appendValue(const Value& value, std::string& out) {
    std::visit([&](const auto& held) { appendHeld(held, out); }, value.held);
}

}  // namespace

const Value* Row::find(std::string_view name) const {
    for (const Field& field : fields) {
        if (field.name == name) {
            return &field.value;
        }
    }
    return nullptr;
}

std::string toText(const Value& value) {
    std::string out;
    appendValue(value, out);
    return out;
}

std::string toText(const Row& row) {
    std::string out;
    for (const Field& field : row.fields) {
        out += out.empty() ? "" : " ";
        appendName(field.name, out);
        out += '=';
        appendValue(field.value, out);
    }
    return out;
}

}  // namespace eventd
