#include "queryd/lang/literals.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <charconv>
#include <limits>

namespace evd::queryd {

namespace {

constexpr int64_t kNsPerMinute = 60 * base::kNsPerSecond;
constexpr int64_t kNsPerHour = 60 * kNsPerMinute;
constexpr int64_t kNsPerDay = 24 * kNsPerHour;
constexpr int kFractionDigitsMax = 9;

bool isDigit(char letter) {
    return letter >= '0' && letter <= '9';
}

bool isNameStart(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

Literal integerLiteral(uint64_t value) {
    Literal literal;
    const bool fits = value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    literal.kind = fits ? Literal::Kind::Int : Literal::Kind::Uint;
    literal.int_value = fits ? static_cast<int64_t>(value) : 0;
    literal.uint_value = fits ? 0 : value;
    return literal;
}

template <typename Number>
std::optional<Number> parseWhole(std::string_view text, int radix) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, radix);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// Digits, then optionally a point and digits, then optionally an exponent: what from_chars takes,
// without its infinities, its missing digits and its words.
bool hasFloatForm(std::string_view word) {
    size_t at = word.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const size_t start = at;
        while (at < word.size() && isDigit(word[at])) {
            ++at;
        }
        return at > start;
    };
    if (!digits()) {
        return false;
    }
    if (at < word.size() && word[at] == '.') {
        ++at;
        if (!digits()) {
            return false;
        }
    }
    if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
        ++at;
        at += at < word.size() && (word[at] == '-' || word[at] == '+') ? 1 : 0;
        if (!digits()) {
            return false;
        }
    }
    return at == word.size();
}

std::optional<int64_t> scaled(int64_t count, int64_t unit_ns) {
    int64_t product = 0;
    return __builtin_mul_overflow(count, unit_ns, &product) ? std::nullopt : std::optional(product);
}

// Reads fixed-width parts of a calendar time from the front of a text.
class Fields {
  public:
    explicit Fields(std::string_view text) : text_(text) {}

    bool number(size_t width, int64_t min, int64_t max, int64_t& value) {
        if (text_.size() < width) {
            return false;
        }
        value = 0;
        for (size_t i = 0; i < width; ++i) {
            if (!isDigit(text_[i])) {
                return false;
            }
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(width);
        return value >= min && value <= max;
    }

    bool letter(char expected) {
        const bool there = text_.starts_with(expected);
        text_.remove_prefix(there ? 1 : 0);
        return there;
    }

    bool atEnd() const { return text_.empty(); }
    std::string_view rest() const { return text_; }
    void drop(size_t count) { text_.remove_prefix(count); }

  private:
    std::string_view text_;
};

int64_t daysInMonth(int64_t year, int64_t month) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    constexpr int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, for years from 0 on. Counts from the
// first of March, so that the leap day is the last of its year.
int64_t daysSinceEpoch(int64_t year, int64_t month, int64_t day) {
    const int64_t shifted_year = year - (month <= 2 ? 1 : 0);
    const int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
    const int64_t year_of_era = shifted_year - era * 400;
    const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool readDate(Fields& fields, int64_t& days) {
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    if (!fields.number(4, 0, 9999, year) || !fields.letter('-') ||
        !fields.number(2, 1, 12, month) || !fields.letter('-') ||
        !fields.number(2, 1, daysInMonth(year, month), day)) {
        return false;
    }
    days = daysSinceEpoch(year, month, day);
    return true;
}

bool readClock(Fields& fields, int64_t& seconds) {
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!fields.number(2, 0, 23, hour) || !fields.letter(':') || !fields.number(2, 0, 59, minute) ||
        !fields.letter(':') || !fields.number(2, 0, 59, second)) {
        return false;
    }
    seconds = hour * 3600 + minute * 60 + second;
    return true;
}

bool readFraction(Fields& fields, int64_t& ns) {
    ns = 0;
    if (!fields.letter('.')) {
        return true;
    }
    int digits = 0;
    for (int64_t unit = base::kNsPerSecond / 10; digits < kFractionDigitsMax; unit /= 10) {
        int64_t digit = 0;
        if (fields.rest().empty() || !isDigit(fields.rest().front())) {
            break;
        }
        (void)fields.number(1, 0, 9, digit);  // just looked at: it is a digit
        ns += digit * unit;
        ++digits;
    }
    return digits > 0;
}

bool readOffset(Fields& fields, int64_t& seconds) {
    seconds = 0;
    if (fields.atEnd() || fields.letter('Z')) {
        return true;
    }
    const int64_t sign = fields.letter('-') ? -1 : 1;
    if (sign > 0 && !fields.letter('+')) {
        return false;
    }
    int64_t hours = 0;
    int64_t minutes = 0;
    if (!fields.number(2, 0, 23, hours) || !fields.letter(':') ||
        !fields.number(2, 0, 59, minutes)) {
        return false;
    }
    seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

// Years outside of about 1678..2262 do not fit into nanoseconds and are refused.
std::optional<int64_t> nanoseconds(int64_t days, int64_t seconds, int64_t ns) {
    const auto whole = scaled(days * 86400 + seconds, base::kNsPerSecond);
    int64_t sum = 0;
    if (!whole || __builtin_add_overflow(*whole, ns, &sum)) {
        return std::nullopt;
    }
    return sum;
}

std::optional<int64_t> parseTime(std::string_view text, bool extended) {
    Fields fields(text);
    int64_t days = 0;
    int64_t seconds = 0;
    int64_t fraction_ns = 0;
    int64_t offset_seconds = 0;
    if (!readDate(fields, days)) {
        return std::nullopt;
    }
    if (fields.atEnd()) {
        return nanoseconds(days, 0, 0);
    }
    if (!fields.letter('T') || !readClock(fields, seconds)) {
        return std::nullopt;
    }
    if (extended && (!readFraction(fields, fraction_ns) || !readOffset(fields, offset_seconds))) {
        return std::nullopt;
    }
    return fields.atEnd() ? nanoseconds(days, seconds - offset_seconds, fraction_ns) : std::nullopt;
}

int64_t addSaturating(int64_t left, int64_t right) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(left, right, &sum)) {
        return sum;
    }
    return right < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

int64_t midnightBefore(int64_t now_ns) {
    const int64_t past_midnight = now_ns % kNsPerDay;
    return now_ns - (past_midnight < 0 ? past_midnight + kNsPerDay : past_midnight);
}

}  // namespace

bool startsLikeNumber(std::string_view word) {
    if (!word.empty() && (word.front() == '-' || word.front() == '+' || word.front() == '.')) {
        word.remove_prefix(1);
    }
    return !word.empty() && isDigit(word.front());
}

std::optional<Literal> parseNumber(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) {
        const auto value = parseWhole<uint64_t>(word.substr(2), 16);
        return value ? std::optional(integerLiteral(*value)) : std::nullopt;
    }
    if (!hasFloatForm(word)) {
        return std::nullopt;
    }
    if (word.find_first_of(".eE") == std::string_view::npos) {
        if (const auto value = parseWhole<uint64_t>(word, 10)) {
            return integerLiteral(*value);
        }
        const auto negative = parseWhole<int64_t>(word, 10);
        Literal literal = integerLiteral(0);
        literal.int_value = negative.value_or(0);
        return negative ? std::optional(literal) : std::nullopt;
    }
    Literal literal;
    literal.kind = Literal::Kind::Float;
    const auto parsed =
        std::from_chars(word.data(), word.data() + word.size(), literal.float_value);
    return parsed.ec == std::errc() ? std::optional(literal) : std::nullopt;
}

std::optional<int64_t> parseDuration(std::string_view word) {
    if (word.size() < 2) {
        return std::nullopt;
    }
    const auto count = parseWhole<uint64_t>(word.substr(0, word.size() - 1), 10);
    if (!count || *count == 0 ||
        *count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return std::nullopt;
    }
    const auto signed_count = static_cast<int64_t>(*count);
    switch (base::foldAscii(word.back())) {
        case 's':
            return scaled(signed_count, base::kNsPerSecond);
        case 'm':
            return scaled(signed_count, kNsPerMinute);
        case 'h':
            return scaled(signed_count, kNsPerHour);
        case 'd':
            return scaled(signed_count, kNsPerDay);
        default:  // a character, not an enum
            return std::nullopt;
    }
}

std::optional<int64_t> parseCalendarTime(std::string_view word) {
    return parseTime(word, /*extended=*/false);
}

std::optional<int64_t> parseQuotedTime(std::string_view text) {
    return parseTime(text, /*extended=*/true);
}

bool isPlainFieldName(std::string_view word) {
    if (word.empty() || word.size() > kFieldNameLengthMax) {
        return false;
    }
    bool at_start = true;
    for (const char letter : word) {
        if (letter == '.') {
            if (at_start) {
                return false;
            }
            at_start = true;
            continue;
        }
        const bool inside = isDigit(letter) || letter == '-';
        if (!isNameStart(letter) && (at_start || !inside)) {
            return false;
        }
        at_start = false;
    }
    return !at_start;
}

int64_t resolveTime(const TimePoint& time, int64_t now_ns) {
    switch (time.kind) {
        case TimePoint::Kind::Ago:
            return addSaturating(now_ns, -time.ns);
        case TimePoint::Kind::Hence:
            return addSaturating(now_ns, time.ns);
        case TimePoint::Kind::Today:
            return midnightBefore(now_ns);
        case TimePoint::Kind::Yesterday:
            return midnightBefore(now_ns) - kNsPerDay;
        case TimePoint::Kind::Absolute:
            return time.ns;
    }
    return now_ns;
}

}  // namespace evd::queryd
