// Three shapes are tried in turn: a duration (numbers with units, perhaps signed or followed by
// "ago"), a name, a calendar time. The first two become what the language has for them; a calendar
// time is turned into nanoseconds here, because only here the person's time zone is known.

#include "queryd/evctl/time_words.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/evctl/output/time_text.h"

#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <utility>

namespace evd::evctl {

namespace {

constexpr int64_t kSecondsMax = int64_t{100} * 366 * 86'400;  // nobody asks further back
constexpr size_t kFractionDigitsMax = 9;

constexpr std::array<std::pair<std::string_view, int64_t>, 21> kUnits = {{
    {"s", 1},        {"sec", 1},       {"secs", 1},    {"second", 1},     {"seconds", 1},
    {"m", 60},       {"min", 60},      {"mins", 60},   {"minute", 60},    {"minutes", 60},
    {"h", 3600},     {"hr", 3600},     {"hour", 3600}, {"hours", 3600},   {"d", 86'400},
    {"day", 86'400}, {"days", 86'400}, {"w", 604'800}, {"week", 604'800}, {"weeks", 604'800},
    {"hrs", 3600},
}};

// Reads from the front of a text; every take answers whether it was there.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool atEnd() const { return text_.empty(); }
    char front() const { return text_.empty() ? '\0' : text_.front(); }
    bool take(char letter) {
        const bool is_there = front() == letter;
        text_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }
    void skipBlanks() {
        while (take(' ')) {
        }
    }
    // At most `digits_max` digits, at least `digits_min`.
    std::optional<int64_t> number(size_t digits_min, size_t digits_max) {
        size_t digits = 0;
        while (digits < text_.size() && digits < digits_max && isDigit(text_[digits])) {
            ++digits;
        }
        int64_t value = 0;
        if (digits < digits_min || digits == 0) {
            return std::nullopt;
        }
        (void)std::from_chars(text_.data(), text_.data() + digits, value);  // digits fit
        text_.remove_prefix(digits);
        return value;
    }
    std::string_view letters() {
        size_t count = 0;
        while (count < text_.size() && base::foldAscii(text_[count]) >= 'a' &&
               base::foldAscii(text_[count]) <= 'z') {
            ++count;
        }
        const std::string_view word = text_.substr(0, count);
        text_.remove_prefix(count);
        return word;
    }
    // What follows a decimal point, in nanoseconds.
    int64_t fractionNs() {
        int64_t value = 0;
        int64_t place = base::kNsPerSecond / 10;
        for (size_t i = 0; i < kFractionDigitsMax && isDigit(front()); ++i, place /= 10) {
            value += (text_.front() - '0') * place;
            text_.remove_prefix(1);
        }
        return value;
    }

  private:
    static bool isDigit(char letter) { return letter >= '0' && letter <= '9'; }

    std::string_view text_;
};

std::optional<int64_t> unitSeconds(std::string_view word) {
    for (const auto& [name, seconds] : kUnits) {
        if (base::equalsFolded(name, word)) {
            return seconds;
        }
    }
    return std::nullopt;
}

std::optional<int64_t> durationSeconds(std::string_view text) {
    Scanner scanner(text);
    (void)scanner.take('-');  // -5m is what others write for 5m ago
    int64_t total = 0;
    bool has_any = false;
    while (!scanner.atEnd()) {
        scanner.skipBlanks();
        const auto count = scanner.number(1, 9);
        if (!count) {
            return has_any && base::equalsFolded(scanner.letters(), "ago") && scanner.atEnd()
                       ? std::optional(total)
                       : std::nullopt;
        }
        scanner.skipBlanks();
        const auto seconds = unitSeconds(scanner.letters());
        if (!seconds || *count > kSecondsMax / *seconds) {
            return std::nullopt;
        }
        total += *count * *seconds;
        has_any = true;
    }
    return has_any && total <= kSecondsMax ? std::optional(total) : std::nullopt;
}

int64_t wallNsOf(tm parts, bool utc) {
    parts.tm_isdst = -1;
    return static_cast<int64_t>(utc ? ::timegm(&parts) : ::mktime(&parts)) * base::kNsPerSecond;
}

int64_t midnight(int64_t now_ns, int days_back, bool utc) {
    tm parts = calendarOf(now_ns / base::kNsPerSecond, utc);
    parts.tm_mday -= days_back;
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    return wallNsOf(parts, utc);
}

bool isWithin(const std::optional<int64_t>& number, int64_t least, int64_t most) {
    return number && *number >= least && *number <= most;
}

// HH:MM[:SS[.fraction]]; the fraction goes to `fraction_ns`.
bool readClock(Scanner& scanner, tm& parts, int64_t& fraction_ns) {
    const auto hour = scanner.number(1, 2);
    if (!isWithin(hour, 0, 23) || !scanner.take(':')) {
        return false;
    }
    const auto minute = scanner.number(2, 2);
    if (!isWithin(minute, 0, 59)) {
        return false;
    }
    parts.tm_hour = static_cast<int>(*hour);
    parts.tm_min = static_cast<int>(*minute);
    if (scanner.take(':')) {
        const auto second = scanner.number(2, 2);
        if (!isWithin(second, 0, 60)) {
            return false;
        }
        parts.tm_sec = static_cast<int>(*second);
        fraction_ns = scanner.take('.') ? scanner.fractionNs() : 0;
    }
    return true;
}

bool readDate(Scanner& scanner, tm& parts) {
    const auto year = scanner.number(4, 4);
    const bool has_year = isWithin(year, 1970, 2200) && scanner.take('-');
    const auto month = has_year ? scanner.number(2, 2) : std::nullopt;
    const bool has_month = isWithin(month, 1, 12) && scanner.take('-');
    const auto day = has_month ? scanner.number(2, 2) : std::nullopt;
    if (!isWithin(day, 1, 31)) {
        return false;
    }
    parts = tm{};
    parts.tm_year = static_cast<int>(*year) - 1900;
    parts.tm_mon = static_cast<int>(*month) - 1;
    parts.tm_mday = static_cast<int>(*day);
    tm settled = parts;
    (void)::timegm(&settled);  // which makes the 3rd of March of the 31st of February
    return settled.tm_mday == parts.tm_mday;
}

// The seconds that an offset at the end stands for; nothing when there is none to be understood.
std::optional<int64_t> readOffset(Scanner& scanner) {
    scanner.skipBlanks();
    if (scanner.take('Z') || scanner.take('z')) {
        return 0;
    }
    const int64_t sign = scanner.front() == '-' ? -1 : 1;
    if (!scanner.take('+') && !scanner.take('-')) {
        return std::nullopt;
    }
    const auto hours = scanner.number(2, 2);
    (void)scanner.take(':');
    const auto minutes = scanner.number(2, 2);
    return isWithin(hours, 0, 14) && isWithin(minutes, 0, 59)
               ? std::optional(sign * (*hours * 3600 + *minutes * 60))
               : std::nullopt;
}

std::optional<int64_t> calendarNs(std::string_view text, bool utc, int64_t now_ns) {
    tm parts = calendarOf(now_ns / base::kNsPerSecond, utc);
    parts.tm_sec = 0;
    int64_t fraction_ns = 0;
    Scanner scanner(text);
    if (text.find('-') == 4) {
        if (!readDate(scanner, parts)) {
            return std::nullopt;
        }
        if (scanner.take('T') || scanner.take('t') || scanner.take(' ')) {
            scanner.skipBlanks();
            if (!readClock(scanner, parts, fraction_ns)) {
                return std::nullopt;
            }
        }
    } else if (!readClock(scanner, parts, fraction_ns)) {
        return std::nullopt;
    }
    if (scanner.atEnd()) {
        return wallNsOf(parts, utc) + fraction_ns;
    }
    const auto offset = readOffset(scanner);
    return offset && scanner.atEnd() ? std::optional(wallNsOf(parts, /*utc=*/true) + fraction_ns -
                                                     *offset * base::kNsPerSecond)
                                     : std::nullopt;
}

std::optional<int64_t> namedNs(std::string_view text, bool utc, int64_t now_ns) {
    if (base::equalsFolded(text, "now")) {
        return now_ns;
    }
    if (base::equalsFolded(text, "today")) {
        return midnight(now_ns, 0, utc);
    }
    if (base::equalsFolded(text, "yesterday")) {
        return midnight(now_ns, 1, utc);
    }
    Scanner scanner(text);
    const auto seconds = scanner.take('@') ? scanner.number(1, 10) : std::nullopt;
    if (!seconds || *seconds > INT64_MAX / base::kNsPerSecond) {
        return std::nullopt;
    }
    const int64_t fraction_ns = scanner.take('.') ? scanner.fractionNs() : 0;
    return scanner.atEnd() ? std::optional(*seconds * base::kNsPerSecond + fraction_ns)
                           : std::nullopt;
}

}  // namespace

std::optional<int64_t> momentOf(std::string_view typed, bool utc, int64_t now_ns) {
    const std::string_view text = base::trim(typed);
    if (const auto seconds = durationSeconds(text)) {
        return now_ns - *seconds * base::kNsPerSecond;
    }
    const auto moment = namedNs(text, utc, now_ns);
    return moment ? moment : calendarNs(text, utc, now_ns);
}

base::Result<std::string> timeWords(std::string_view typed, bool utc, int64_t now_ns) {
    if (const auto seconds = durationSeconds(base::trim(typed))) {
        return base::cat(*seconds, "s ago");
    }
    const auto moment = momentOf(typed, utc, now_ns);
    if (!moment) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("\"", typed,
                                    "\" is no time; understood are 5m, \"1 hour ago\", today, "
                                    "yesterday, 10:30, 2026-01-02 and \"2026-01-02 10:30:00\""));
    }
    return base::cat('"', base::formatIsoTime(*moment), '"');
}

}  // namespace evd::evctl
