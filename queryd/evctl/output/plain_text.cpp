#include "queryd/evctl/output/plain_text.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"

#include <algorithm>
#include <array>
#include <cwchar>

namespace evd::evctl {

namespace {

using wire::MsgpackKind;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kEllipsis = "\u2026";

struct CodePoint {
    uint32_t number = 0;
    size_t bytes = 0;  // 0: not UTF-8
};

CodePoint firstOf(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes > text.size() || !base::isUtf8(text.substr(0, bytes))) {
        return {};
    }
    uint32_t number = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
    for (size_t i = 1; i < bytes; ++i) {
        number = number << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    return {number, bytes};
}

bool turnsDirection(uint32_t number) {
    return number == 0x200E || number == 0x200F || number == 0x061C ||
           (number >= 0x202A && number <= 0x202E) || (number >= 0x2066 && number <= 0x2069);
}

bool isControl(uint32_t number) {
    return number < 0x20 || (number >= 0x7F && number < 0xA0) || number == 0x2028 ||
           number == 0x2029 || turnsDirection(number);
}

void appendEscapedByte(unsigned char byte, std::string& out) {
    out += "\\x";
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
}

void appendEscaped(uint32_t number, std::string& out) {
    if (number == '\n' || number == '\t' || number == '\r') {
        out += number == '\n' ? "\\n" : number == '\t' ? "\\t" : "\\r";
    } else if (number < 0x100) {
        appendEscapedByte(static_cast<unsigned char>(number), out);
    } else {
        out += "\\u{";
        for (int shift = 12; shift >= 0; shift -= 4) {
            out += kHexDigits[number >> shift & 15];
        }
        out += '}';
    }
}

// The blocks whose letters take two columns: Hangul, CJK, kana, full-width forms, emoji.
size_t widthOf(uint32_t number) {
    // The C library knows it exactly where the locale can say it at all.
    const int known = number < 0x80 ? 1 : ::wcwidth(static_cast<wchar_t>(number));
    if (known >= 0) {
        return static_cast<size_t>(known);
    }
    const bool is_wide =
        (number >= 0x1100 && number <= 0x115F) || (number >= 0x2E80 && number <= 0xA4CF) ||
        (number >= 0xAC00 && number <= 0xD7A3) || (number >= 0xF900 && number <= 0xFAFF) ||
        (number >= 0xFE30 && number <= 0xFE6F) || (number >= 0xFF00 && number <= 0xFF60) ||
        (number >= 0x1F300 && number <= 0x1FAFF) || (number >= 0x20000 && number <= 0x3FFFD);
    const bool is_combining = number >= 0x0300 && number <= 0x036F;
    return is_combining ? 0 : is_wide ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const CodePoint point = firstOf(text);
        if (point.bytes == 0) {
            appendEscapedByte(static_cast<unsigned char>(text[0]), out);
            text.remove_prefix(1);
            continue;
        }
        if (isControl(point.number)) {
            appendEscaped(point.number, out);
        } else {
            out += text.substr(0, point.bytes);
        }
        text.remove_prefix(point.bytes);
    }
    return out;
}

std::string plainValue(std::span<const uint8_t> value) {
    wire::MsgpackReader reader(value);
    const auto token = reader.next();
    if (!token.ok() || token.value().kind == MsgpackKind::Nil) {
        return {};
    }
    if (token.value().kind == MsgpackKind::Text) {
        return printable(token.value().bytes);
    }
    if (token.value().kind == MsgpackKind::Bytes) {
        return base::cat("x\"", base::encodeHex(base::asBytes(token.value().bytes)), "\"");
    }
    std::string out;
    wire::appendJson(value, out);
    return printable(out);
}

std::string quotedValue(std::span<const uint8_t> value) {
    std::string text = plainValue(value);
    wire::MsgpackReader reader(value);
    const auto token = reader.next();
    const bool is_text = token.ok() && token.value().kind == MsgpackKind::Text;
    if (!is_text || (!text.empty() && text.find_first_of(" \"=,") == std::string::npos)) {
        return text;
    }
    std::string out = "\"";
    for (const char letter : text) {
        out += letter == '"' ? "\\\"" : std::string(1, letter);
    }
    return out + '"';
}

size_t displayWidth(std::string_view text) {
    size_t width = 0;
    while (!text.empty()) {
        const CodePoint point = firstOf(text);
        width += point.bytes == 0 ? 1 : widthOf(point.number);
        text.remove_prefix(std::max<size_t>(point.bytes, 1));
    }
    return width;
}

size_t bytesWithin(std::string_view text, size_t width_max) {
    size_t bytes = 0;
    size_t width = 0;
    while (bytes < text.size()) {
        const CodePoint point = firstOf(text.substr(bytes));
        width += point.bytes == 0 ? 1 : widthOf(point.number);
        if (width > width_max) {
            break;
        }
        bytes += std::max<size_t>(point.bytes, 1);
    }
    return bytes;
}

std::string cutToWidth(std::string_view text, size_t width_max) {
    if (displayWidth(text) <= width_max) {
        return std::string(text);
    }
    const size_t bytes = bytesWithin(text, width_max > 0 ? width_max - 1 : 0);
    return std::string(text.substr(0, bytes)) += kEllipsis;
}

std::vector<std::string> wrapToWidth(std::string_view text, size_t width_max) {
    std::vector<std::string> pieces;
    while (true) {
        const size_t fitting = bytesWithin(text, width_max);
        if (fitting == text.size()) {
            break;
        }
        size_t bytes = std::max<size_t>(fitting, firstOf(text).bytes);
        bytes = std::max<size_t>(bytes, 1);
        const size_t blank = text.rfind(' ', bytes);
        if (blank != std::string_view::npos && blank >= bytes / 2 && blank > 0) {
            pieces.emplace_back(text.substr(0, blank));
            text.remove_prefix(blank + 1);
        } else {
            pieces.emplace_back(text.substr(0, bytes));
            text.remove_prefix(bytes);
        }
    }
    if (!text.empty() || pieces.empty()) {
        pieces.emplace_back(text);
    }
    return pieces;
}

std::string bytesText(uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits = {" B", " KiB", " MiB", " GiB", " TiB"};
    size_t unit = 0;
    uint64_t tenths = bytes * 10;
    while (tenths >= 10'240 && unit + 1 < kUnits.size()) {
        tenths /= 1024;
        ++unit;
    }
    return unit == 0 ? base::cat(bytes, kUnits[0])
                     : base::cat(tenths / 10, '.', tenths % 10, kUnits[unit]);
}

std::string alignedTable(const std::vector<std::vector<std::string>>& rows) {
    std::vector<size_t> widths(rows.empty() ? 0 : rows.front().size(), 0);
    for (const auto& row : rows) {
        for (size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], displayWidth(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            line += i == 0 ? "" : "  ";
            line += row[i];
            line.append(widths[i] - displayWidth(row[i]), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line;
        out += '\n';
    }
    return out;
}

}  // namespace evd::evctl
