#include "collector/linux/kernel_log_line.h"

#include "common/base/text.h"

#include <array>
#include <optional>

namespace evd::collector {

namespace {

constexpr size_t kHeadFields = 4;  // level, sequence, time, flags
constexpr uint64_t kLevelsPerFacility = 8;
constexpr uint64_t kFacilityMax = 0xFFFF'FFFF;

std::optional<uint8_t> hexDigit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<uint8_t>(digit - '0');
    }
    const char letter = base::foldAscii(digit);
    if (letter >= 'a' && letter <= 'f') {
        return static_cast<uint8_t>(letter - 'a' + 10);
    }
    return std::nullopt;
}

// \xNN becomes its byte; a backslash before anything else stays.
std::string withoutEscapes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
            const auto high = hexDigit(text[i + 2]);
            const auto low = hexDigit(text[i + 3]);
            if (high && low) {
                out += static_cast<char>(*high << 4 | *low);
                i += 3;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

std::vector<std::string> linesOf(std::string_view text) {
    while (!text.empty() && text.back() == '\n') {
        text.remove_suffix(1);
    }
    std::vector<std::string> lines;
    for (const std::string_view line : base::split(text, '\n')) {
        lines.push_back(base::toUtf8(line));
    }
    return lines;
}

}  // namespace

base::Result<KernelLogRecord> parseKernelLogRecord(std::string_view bytes) {
    const size_t head_end = bytes.find(';');
    if (head_end == std::string_view::npos) {
        return base::fail(base::ErrorKind::Invalid, "a kernel log record without a text");
    }
    const auto fields = base::split(bytes.substr(0, head_end), ',');
    if (fields.size() < kHeadFields) {
        return base::fail(base::ErrorKind::Invalid, "a kernel log record with a short head");
    }
    std::array<uint64_t, kHeadFields - 1> numbers{};
    for (size_t i = 0; i < numbers.size(); ++i) {
        const auto number = base::parseU64(fields[i]);
        if (!number.ok()) {
            return number.error();
        }
        numbers[i] = number.value();
    }
    if (numbers[0] / kLevelsPerFacility > kFacilityMax) {
        return base::fail(base::ErrorKind::Invalid, "a kernel log record of no facility");
    }
    KernelLogRecord record;
    record.level = static_cast<uint8_t>(numbers[0] % kLevelsPerFacility);
    record.facility = static_cast<uint32_t>(numbers[0] / kLevelsPerFacility);
    record.sequence = numbers[1];
    record.monotonic_us = numbers[2];
    std::string_view text = bytes.substr(head_end + 1);
    text = text.substr(0, text.find('\n'));  // behind it are the keys
    record.lines = linesOf(withoutEscapes(text));
    return record;
}

}  // namespace evd::collector
