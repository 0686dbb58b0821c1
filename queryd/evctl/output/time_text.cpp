#include "queryd/evctl/output/time_text.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <array>
#include <ctime>

namespace evd::evctl {

namespace {

struct Unit {
    int64_t ns;
    std::string_view name;
};

constexpr std::array kUnits = {
    Unit{86'400 * base::kNsPerSecond, " d"},
    Unit{3'600 * base::kNsPerSecond, " h"},
    Unit{60 * base::kNsPerSecond, " min"},
    Unit{base::kNsPerSecond, " s"},
    Unit{base::kNsPerMs, " ms"},
};

std::string relativeText(int64_t wall_ns, int64_t now_ns) {
    const bool is_past = wall_ns <= now_ns;
    const int64_t distance_ns = is_past ? now_ns - wall_ns : wall_ns - now_ns;
    const std::string_view side = is_past ? " ago" : " hence";
    for (const Unit& unit : kUnits) {
        if (distance_ns >= unit.ns) {
            const int64_t tenths = distance_ns / (unit.ns / 10);
            return base::cat(tenths / 10, '.', tenths % 10, unit.name, side);
        }
    }
    return "now";
}

std::string digits(int64_t number, size_t width) {
    std::string text = base::cat(number);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
}

std::string calendarText(int64_t wall_ns, bool is_local) {
    int64_t seconds = wall_ns / base::kNsPerSecond;
    int64_t rest_ns = wall_ns % base::kNsPerSecond;
    if (rest_ns < 0) {
        rest_ns += base::kNsPerSecond;
        --seconds;
    }
    const time_t moment = seconds;
    tm parts{};
    if ((is_local ? ::localtime_r(&moment, &parts) : ::gmtime_r(&moment, &parts)) == nullptr) {
        return base::cat(wall_ns);
    }
    return base::cat(digits(parts.tm_year + int64_t{1900}, 4), '-', digits(parts.tm_mon + 1, 2),
                     '-', digits(parts.tm_mday, 2), ' ', digits(parts.tm_hour, 2), ':',
                     digits(parts.tm_min, 2), ':', digits(parts.tm_sec, 2), '.',
                     digits(rest_ns / base::kNsPerUs, 6));
}

}  // namespace

std::optional<TimeStyle> timeStyleOf(std::string_view word) {
    if (word == "local") {
        return TimeStyle::Local;
    }
    if (word == "iso") {
        return TimeStyle::Iso;
    }
    if (word == "raw") {
        return TimeStyle::Raw;
    }
    return word == "relative" ? std::optional(TimeStyle::Relative) : std::nullopt;
}

std::string timeText(int64_t wall_ns, TimeStyle style, int64_t now_ns) {
    switch (style) {
        case TimeStyle::Local:
            return calendarText(wall_ns, /*is_local=*/true);
        case TimeStyle::Utc:
            return calendarText(wall_ns, /*is_local=*/false);
        case TimeStyle::Iso:
            return base::formatIsoTime(wall_ns);
        case TimeStyle::Raw:
            return base::cat(wall_ns);
        case TimeStyle::Relative:
            return relativeText(wall_ns, now_ns);
    }
    return {};
}

tm calendarOf(int64_t seconds, bool utc) {
    const time_t moment = seconds;
    tm parts{};
    (void)(utc ? ::gmtime_r(&moment, &parts) : ::localtime_r(&moment, &parts));
    return parts;
}

bool isTimeField(std::string_view name) {
    return name == "timestamp" || name == "bucket";
}

}  // namespace evd::evctl
