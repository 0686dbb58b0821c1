#include "queryd/evctl/import/metric_line.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace evd::evctl {

namespace {

constexpr double kSecondsMax = 9.2e9;      // nanoseconds fit
constexpr double kMillisecondsMin = 1e11;  // as seconds this were the year 5138
constexpr size_t kFractionDigitsMax = 9;

base::Error invalid(const char* reason) {
    return base::fail(base::ErrorKind::Invalid, reason);
}

bool isNameLetter(char letter, bool is_first) {
    const char folded = base::foldAscii(letter);
    return (folded >= 'a' && folded <= 'z') || letter == '_' || letter == ':' || letter == '.' ||
           (!is_first && letter >= '0' && letter <= '9');
}

class LineReader {
  public:
    explicit LineReader(std::string_view text) : rest_(text) {}

    void skipBlanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }
    bool take(char letter) {
        const bool is_there = rest_.starts_with(letter);
        rest_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }
    bool atEnd() const { return rest_.empty(); }
    bool atComment() const { return rest_.starts_with('#'); }

    std::string_view name() {
        size_t length = 0;
        while (length < rest_.size() && isNameLetter(rest_[length], length == 0)) {
            ++length;
        }
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }
    std::string_view word() {
        const std::string_view taken = rest_.substr(0, rest_.find_first_of(" \t"));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    // Behind the opening quote; nothing when there is no closing one.
    std::optional<std::string> quoted() {
        std::string text;
        for (size_t at = 0; at < rest_.size(); ++at) {
            if (rest_[at] == '"') {
                rest_.remove_prefix(at + 1);
                return text;
            }
            const bool is_escape = rest_[at] == '\\' && at + 1 < rest_.size();
            at += is_escape ? 1 : 0;
            text += is_escape && rest_[at] == 'n' ? '\n' : rest_[at];
        }
        return std::nullopt;
    }

  private:
    std::string_view rest_;
};

base::Result<void> readLabels(LineReader& reader, MetricLine& line) {
    while (true) {
        reader.skipBlanks();
        if (reader.take('}')) {
            return {};
        }
        const std::string_view key = reader.name();
        reader.skipBlanks();
        if (key.empty() || !reader.take('=')) {
            return invalid("labels that are not key=\"value\"");
        }
        reader.skipBlanks();
        auto value = reader.take('"') ? reader.quoted() : std::nullopt;
        if (!value) {
            return invalid("labels that are not key=\"value\"");
        }
        if (line.labels.size() >= kMetricLineLabelsMax) {
            return invalid("too many labels");
        }
        line.labels.emplace_back(key, std::move(*value));
        reader.skipBlanks();
        if (!reader.take(',') && !reader.atEnd()) {
            return reader.take('}') ? base::Result<void>()
                                    : invalid("labels that are not key=\"value\"");
        }
    }
}

std::optional<double> numberOf(std::string_view word) {
    if (word.starts_with('+')) {
        word.remove_prefix(1);
        if (word.starts_with('-')) {
            return std::nullopt;
        }
    }
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size() && !word.empty()
               ? std::optional(number)
               : std::nullopt;
}

// Exact for digits with a point, which a double is not for nanoseconds of today.
std::optional<int64_t> decimalNs(std::string_view word) {
    const size_t point = std::min(word.find('.'), word.size());
    const auto seconds = base::parseU64(word.substr(0, point));
    const std::string_view fraction = word.substr(std::min(point + 1, word.size()));
    int64_t ns = 0;
    int64_t place = base::kNsPerSecond / 10;
    for (size_t i = 0; i < fraction.size(); ++i, place /= 10) {
        if (fraction[i] < '0' || fraction[i] > '9') {
            return std::nullopt;
        }
        ns += i < kFractionDigitsMax ? (fraction[i] - '0') * place : 0;
    }
    if (!seconds.ok() || static_cast<double>(seconds.value()) > kSecondsMax) {
        return std::nullopt;
    }
    return static_cast<int64_t>(seconds.value()) * base::kNsPerSecond + ns;
}

std::optional<int64_t> timeOf(std::string_view word) {
    const auto number = numberOf(word);
    if (!number || !std::isfinite(*number) || *number < 0) {
        return std::nullopt;
    }
    const auto whole = base::parseU64(word);
    if (whole.ok() && *number >= kMillisecondsMin) {
        return *number / 1000 <= kSecondsMax
                   ? std::optional(static_cast<int64_t>(whole.value()) * base::kNsPerMs)
                   : std::nullopt;
    }
    if (const auto exact = decimalNs(word)) {
        return exact;
    }
    return *number <= kSecondsMax ? std::optional(static_cast<int64_t>(
                                        *number * static_cast<double>(base::kNsPerSecond)))
                                  : std::nullopt;
}

}  // namespace

base::Result<MetricLine> parseMetricLine(std::string_view text) {
    LineReader reader(text);
    MetricLine line;
    reader.skipBlanks();
    line.name = reader.name();
    if (line.name.empty()) {
        return invalid("a line that is no sample");
    }
    reader.skipBlanks();
    if (reader.take('{')) {
        EVD_TRY(readLabels(reader, line));
        reader.skipBlanks();
    }
    const auto value = numberOf(reader.word());
    if (!value) {
        return invalid("a sample without a number");
    }
    line.value = *value;
    reader.skipBlanks();
    if (!reader.atEnd() && !reader.atComment()) {
        line.time_ns = timeOf(reader.word());
        if (!line.time_ns) {
            return invalid("a sample with an unreadable time");
        }
        reader.skipBlanks();
    }
    if (!reader.atEnd() && !reader.atComment()) {
        return invalid("a sample with something behind its time");
    }
    return line;
}

}  // namespace evd::evctl
