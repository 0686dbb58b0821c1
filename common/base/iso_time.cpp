#include "common/base/iso_time.h"

#include "common/base/clock.h"

#include <chrono>
#include <cstddef>

namespace evd::base {

namespace {

constexpr size_t kSecondsEnd = 19;  // of 2003-10-11T22:14:15
constexpr size_t kFractionDigitsMax = 9;
constexpr unsigned kYearMax = 2261;

bool isDigit(char letter) {
    return letter >= '0' && letter <= '9';
}

// Takes numbers and signs from the front of a text; once something is wrong it stays so.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    unsigned number(size_t digits) {
        unsigned value = 0;
        if (rest_.size() < digits) {
            is_good_ = false;
            return 0;
        }
        for (const char letter : rest_.substr(0, digits)) {
            is_good_ = is_good_ && isDigit(letter);
            value = value * 10 + static_cast<unsigned>(letter - '0');
        }
        rest_.remove_prefix(digits);
        return is_good_ ? value : 0;
    }
    unsigned numberUpTo(size_t digits, unsigned most) {
        const unsigned value = number(digits);
        is_good_ = is_good_ && value <= most;
        return value;
    }
    void sign(char wanted) {
        is_good_ = is_good_ && rest_.starts_with(wanted);
        rest_.remove_prefix(rest_.empty() ? 0 : 1);
    }
    bool takeSign(char wanted) {
        const bool there = is_good_ && rest_.starts_with(wanted);
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }
    size_t digitsAhead() const {
        size_t count = 0;
        while (count < rest_.size() && isDigit(rest_[count])) {
            ++count;
        }
        return count;
    }
    void fail() { is_good_ = false; }
    bool isGood() const { return is_good_; }
    bool atEnd() const { return rest_.empty(); }

  private:
    std::string_view rest_;
    bool is_good_ = true;
};

// Nanoseconds of ".5" or ".000003"; 0 when there is none.
int64_t fractionNs(Scanner& scanner) {
    if (!scanner.takeSign('.')) {
        return 0;
    }
    const size_t digits = scanner.digitsAhead();
    if (digits == 0 || digits > kFractionDigitsMax) {
        scanner.fail();
        return 0;
    }
    int64_t nanoseconds = scanner.number(digits);
    for (size_t i = digits; i < kFractionDigitsMax; ++i) {
        nanoseconds *= 10;
    }
    return nanoseconds;
}

// How far the time is ahead of UTC.
int64_t zoneSeconds(Scanner& scanner) {
    if (scanner.takeSign('Z')) {
        return 0;
    }
    const bool is_behind = scanner.takeSign('-');
    if (!is_behind) {
        scanner.sign('+');
    }
    const int64_t hours = scanner.numberUpTo(2, 23);
    scanner.sign(':');
    const int64_t seconds = (hours * 60 + scanner.numberUpTo(2, 59)) * 60;
    return is_behind ? -seconds : seconds;
}

}  // namespace

std::optional<int64_t> parseIsoTime(std::string_view text) {
    if (text.size() <= kSecondsEnd) {
        return std::nullopt;
    }
    Scanner scanner(text);
    const unsigned year = scanner.numberUpTo(4, kYearMax);
    scanner.sign('-');
    const unsigned month = scanner.number(2);
    scanner.sign('-');
    const unsigned day = scanner.number(2);
    scanner.sign('T');
    int64_t seconds = scanner.numberUpTo(2, 23);
    scanner.sign(':');
    seconds = seconds * 60 + scanner.numberUpTo(2, 59);
    scanner.sign(':');
    seconds = seconds * 60 + scanner.numberUpTo(2, 59);
    const int64_t nanoseconds = fractionNs(scanner);
    seconds -= zoneSeconds(scanner);
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(month), std::chrono::day(day)};
    if (!scanner.isGood() || !scanner.atEnd() || !date.ok()) {
        return std::nullopt;
    }
    const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const int64_t wall_seconds = days * 86'400 + seconds;
    if (wall_seconds < 0) {
        return std::nullopt;
    }
    return wall_seconds * kNsPerSecond + nanoseconds;
}

}  // namespace evd::base
