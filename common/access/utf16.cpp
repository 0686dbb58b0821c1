#include "common/access/utf16.h"

#include "common/access/case_fold.h"
#include "common/access/little_endian.h"
#include "common/base/text.h"

namespace evd::access {

namespace {

constexpr uint32_t kHighSurrogate = 0xD800;
constexpr uint32_t kLowSurrogate = 0xDC00;
constexpr uint32_t kSurrogatesEnd = 0xE000;
constexpr uint32_t kSupplementary = 0x10000;

// No code point that comes here is a surrogate: both decoders refuse those that stand alone.
void appendUtf8(std::string& out, uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < kSupplementary) {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

// The code point at `at` of text that is known to be UTF-8; `at` moves behind it.
uint32_t takeUtf8(std::string_view text, size_t& at) {
    const auto lead = static_cast<uint8_t>(text[at++]);
    if (lead < 0x80) {
        return lead;
    }
    const size_t followers = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint32_t code = lead & (0x3Fu >> followers);
    for (size_t index = 0; index < followers; ++index) {
        code = code << 6 | (static_cast<uint8_t>(text[at++]) & 0x3Fu);
    }
    return code;
}

// The code point at `at` of an even number of bytes, or nothing at a lone surrogate.
std::optional<uint32_t> takeUtf16(std::span<const uint8_t> bytes, size_t& at) {
    const uint32_t unit = load16(bytes, at);
    at += 2;
    if (unit < kHighSurrogate || unit >= kSurrogatesEnd) {
        return unit;
    }
    if (unit >= kLowSurrogate || at >= bytes.size()) {
        return std::nullopt;
    }
    const uint32_t low = load16(bytes, at);
    at += 2;
    if (low < kLowSurrogate || low >= kSurrogatesEnd) {
        return std::nullopt;
    }
    return kSupplementary + ((unit - kHighSurrogate) << 10) + (low - kLowSurrogate);
}

}  // namespace

std::optional<std::string> utf8FromUtf16(std::span<const uint8_t> bytes) {
    if (bytes.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string text;
    text.reserve(bytes.size() / 2);
    for (size_t at = 0; at < bytes.size();) {
        const auto code = takeUtf16(bytes, at);
        if (!code) {
            return std::nullopt;
        }
        appendUtf8(text, *code);
    }
    return text;
}

bool isUtf16(std::span<const uint8_t> bytes) {
    if (bytes.size() % 2 != 0) {
        return false;
    }
    for (size_t at = 0; at < bytes.size();) {
        if (!takeUtf16(bytes, at)) {
            return false;
        }
    }
    return true;
}

std::optional<std::vector<uint8_t>> utf16FromUtf8(std::string_view text) {
    if (!base::isUtf8(text)) {
        return std::nullopt;
    }
    std::vector<uint8_t> bytes;
    bytes.reserve(text.size() * 2);
    for (size_t at = 0; at < text.size();) {
        const uint32_t code = takeUtf8(text, at);
        if (code < kSupplementary) {
            append16(bytes, static_cast<uint16_t>(code));
        } else {
            append16(bytes,
                     static_cast<uint16_t>(kHighSurrogate + ((code - kSupplementary) >> 10)));
            append16(bytes,
                     static_cast<uint16_t>(kLowSurrogate + ((code - kSupplementary) & 0x3FF)));
        }
    }
    return bytes;
}

std::string foldCase(std::string_view text) {
    if (!base::isUtf8(text)) {
        return std::string(text);
    }
    std::string folded;
    folded.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        const uint32_t code = takeUtf8(text, at);
        appendUtf8(folded, lowerCase(code));
        if (code == kDottedCapitalI) {
            appendUtf8(folded, kCombiningDotAbove);
        }
    }
    return folded;
}

}  // namespace evd::access
