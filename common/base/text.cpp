#include "common/base/text.h"

#include "common/base/clock.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace evd::base {

Result<uint64_t> parseU64(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
        return fail(ErrorKind::Invalid, cat("not a number from 0 to 2^64-1: ", text));
    }
    return number;
}

char foldAscii(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string foldAscii(std::string_view text) {
    std::string folded(text);
    for (char& letter : folded) {
        letter = foldAscii(letter);
    }
    return folded;
}

bool equalsFolded(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [](char a, char b) { return foldAscii(a) == foldAscii(b); });
}

namespace {

// Bytes that follow a lead byte, and the range its first follower must be in (Unicode table 3-7).
struct Utf8Lead {
    size_t followers;
    uint8_t first_min;
    uint8_t first_max;
};

bool leadOf(uint8_t byte, Utf8Lead& lead) {
    if (byte >= 0xC2 && byte <= 0xDF) {
        lead = {1, 0x80, 0xBF};
    } else if (byte >= 0xE0 && byte <= 0xEF) {
        lead = {2, static_cast<uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
                static_cast<uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
    } else if (byte >= 0xF0 && byte <= 0xF4) {
        lead = {3, static_cast<uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
                static_cast<uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
    } else {
        return false;
    }
    return true;
}

}  // namespace

bool isUtf8(std::string_view bytes) {
    const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
    const auto* end = at + bytes.size();
    while (at != end) {
        // Most text is ASCII; eight bytes at a time tell so.
        uint64_t eight = 0;
        if (end - at >= 8 && (std::memcpy(&eight, at, 8), (eight & 0x8080'8080'8080'8080) == 0)) {
            at += 8;
            continue;
        }
        if (*at < 0x80) {
            ++at;
            continue;
        }
        Utf8Lead lead{};
        if (!leadOf(*at, lead) || static_cast<size_t>(end - at) <= lead.followers ||
            at[1] < lead.first_min || at[1] > lead.first_max) {
            return false;
        }
        for (size_t i = 2; i <= lead.followers; ++i) {
            if ((at[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        at += lead.followers + 1;
    }
    return true;
}

std::string toUtf8(std::string_view bytes) {
    if (isUtf8(bytes)) {
        return std::string(bytes);
    }
    std::string out;
    while (!bytes.empty()) {
        size_t length = std::min<size_t>(4, bytes.size());
        while (length > 0 && !isUtf8(bytes.substr(0, length))) {
            --length;
        }
        out += length > 0 ? bytes.substr(0, length) : std::string_view("\xEF\xBF\xBD");
        bytes.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

size_t wholeCharacters(std::string_view text, size_t bytes) {
    constexpr size_t kFollowersMax = 3;
    bytes = std::min(bytes, text.size());
    for (size_t back = 0; back <= std::min(bytes, kFollowersMax); ++back) {
        const size_t end = bytes - back;
        if (end == text.size() || (static_cast<uint8_t>(text[end]) & 0xC0) != 0x80) {
            return end;
        }
    }
    return bytes;
}

std::string encodeHex(std::span<const uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Result<std::vector<uint8_t>> decodeHex(std::string_view text) {
    std::vector<uint8_t> bytes(text.size() / 2);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* pair = text.data() + 2 * i;
        const auto [end, error] = std::from_chars(pair, pair + 2, bytes[i], 16);
        if (error != std::errc{} || end != pair + 2) {
            return fail(ErrorKind::Invalid, cat("not a hex byte: ", std::string_view(pair, 2)));
        }
    }
    if (text.size() % 2 != 0) {
        return fail(ErrorKind::Invalid, "hex text has an odd number of digits");
    }
    return bytes;
}

std::string formatIsoTime(int64_t wall_ns) {
    int64_t seconds = wall_ns / kNsPerSecond;
    int64_t fraction = wall_ns % kNsPerSecond;
    if (fraction < 0) {
        fraction += kNsPerSecond;
        --seconds;
    }
    const time_t whole = seconds;
    std::tm parts{};
    gmtime_r(&whole, &parts);
    char buffer[64];
    const int length =
        std::snprintf(buffer, sizeof(buffer), "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<long long>(fraction));
    return {buffer, static_cast<size_t>(length)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    size_t start = 0;
    while (true) {
        const size_t end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string_view::npos) {
            return parts;
        }
        start = end + 1;
    }
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace evd::base
