#include "queryd/evctl/chart/ticks.h"

#include "common/base/text.h"
#include "queryd/evctl/output/time_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace evd::evctl {

namespace {

constexpr std::array<std::string_view, 6> kThousands = {"", "k", "M", "G", "T", "P"};
constexpr double kThousand = 1000;
constexpr double kSmallest = 0.001;  // below it numbers are written with an exponent
constexpr int kDecimalsMost = 6;

constexpr std::array<int64_t, 21> kTimeSteps = {
    1,        2,        5,         10,     15,         30,         60,
    120,      300,      600,       900,    1800,       3600,       7200,
    3 * 3600, 6 * 3600, 12 * 3600, 86'400, 2 * 86'400, 7 * 86'400, 28 * 86'400};
constexpr int64_t kDay = 86'400;
constexpr size_t kTicksMost = 64;
constexpr double kMultipleMost = 1e9;  // so many months are longer than any time we know

std::string fixedText(double value, int decimals) {
    char text[64];
    const int length = std::snprintf(text, sizeof(text), "%.*f", decimals, value);
    return {text, static_cast<size_t>(std::clamp(length, 0, 63))};
}

std::string withoutZeros(std::string text) {
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return text == "-0" ? "0" : text;
}

std::string exponentText(double value) {
    char text[64];
    const int length = std::snprintf(text, sizeof(text), "%.2g", value);
    return {text, static_cast<size_t>(std::clamp(length, 0, 63))};
}

double roundStep(double span, size_t count_most) {
    const double least = span / static_cast<double>(std::max<size_t>(count_most, 2));
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (power * factor >= least) {
            return power * factor;
        }
    }
    return power * 10;
}

// The text of a tick: all of an axis have the unit of the greatest and the decimals of the step.
std::string tickText(double value, double step, double greatest) {
    size_t unit = 0;
    double scale = 1;
    while (unit + 1 < kThousands.size() && greatest / scale >= 10 * kThousand) {
        scale *= kThousand;
        ++unit;
    }
    if (greatest < kSmallest || greatest / scale >= 10 * kThousand) {
        return value == 0 ? "0" : exponentText(value);
    }
    const double unit_step = step / scale;
    const int decimals =
        unit_step >= 1
            ? 0
            : std::min(kDecimalsMost, static_cast<int>(std::ceil(-std::log10(unit_step) - 1e-9)));
    std::string text = fixedText(value / scale, decimals);
    text = text.find_first_not_of("-0.") == std::string::npos ? "0" : text;
    return text == "0" ? text : base::cat(text, kThousands[unit]);
}

// The smallest that does for the range; above the greatest, a multiple of that.
int64_t timeStep(double span, size_t count_most) {
    const double least = span / static_cast<double>(std::max<size_t>(count_most, 1));
    for (const int64_t candidate : kTimeSteps) {
        if (static_cast<double>(candidate) >= least) {
            return candidate;
        }
    }
    const double multiple = std::ceil(least / static_cast<double>(kTimeSteps.back()));
    return kTimeSteps.back() * static_cast<int64_t>(std::min(multiple, kMultipleMost));
}

std::string momentText(int64_t seconds, int64_t step, bool utc) {
    const tm parts = calendarOf(seconds, utc);
    char text[64];
    const char* pattern = step >= kDay ? "%m-%d" : step >= 60 ? "%H:%M" : "%H:%M:%S";
    const size_t length = std::strftime(text, sizeof(text), pattern, &parts);
    return {text, length};
}

}  // namespace

std::string shortNumber(double value) {
    const double size = std::abs(value);
    if (size != 0 && size < kSmallest) {
        return exponentText(value);
    }
    size_t unit = 0;
    double scale = 1;
    while (unit + 1 < kThousands.size() && size / scale >= kThousand) {
        scale *= kThousand;
        ++unit;
    }
    if (size / scale >= kThousand) {
        return exponentText(value);
    }
    const int decimals = size / scale >= 100 ? 1 : size / scale >= 1 ? 2 : 4;
    return base::cat(withoutZeros(fixedText(value / scale, decimals)), kThousands[unit]);
}

std::vector<Tick> valueTicks(double least, double greatest, size_t count_most) {
    std::vector<Tick> ticks;
    if (!(greatest > least) || !std::isfinite(greatest - least)) {
        return ticks;
    }
    const double step = roundStep(greatest - least, count_most);
    const double size = std::max(std::abs(least), std::abs(greatest));
    const double first = std::floor(least / step + 1e-9);
    for (size_t i = 0; i < kTicksMost; ++i) {
        const double at = (first + static_cast<double>(i)) * step;
        ticks.push_back({at, tickText(at, step, size)});
        if (at >= greatest - step * 1e-9) {
            break;
        }
    }
    return ticks;
}

std::vector<Tick> timeTicks(double first, double last, size_t count_most, bool utc) {
    std::vector<Tick> ticks;
    const int64_t step = timeStep(last - first, count_most);
    // Days begin at midnight of the zone, which is not a multiple of a day since the epoch.
    const auto begin = static_cast<int64_t>(std::floor(first));
    const int64_t offset_s = utc ? 0 : calendarOf(begin, utc).tm_gmtoff;
    int64_t at = (begin + offset_s) / step * step - offset_s;
    for (; static_cast<double>(at) <= last && ticks.size() < kTicksMost; at += step) {
        if (static_cast<double>(at) >= first) {
            ticks.push_back({static_cast<double>(at), momentText(at, step, utc)});
        }
    }
    return ticks;
}

}  // namespace evd::evctl
