#include "collector/ingest/statsd_line.h"

#include "common/base/text.h"
#include "common/wire/metric_sample.h"

#include <charconv>
#include <cmath>

namespace evd::collector {

namespace {

std::optional<StatsdType> typeOf(std::string_view text) {
    if (text == "c") {
        return StatsdType::Counter;
    }
    if (text == "g") {
        return StatsdType::Gauge;
    }
    if (text == "ms" || text == "h" || text == "d") {
        return StatsdType::Timing;
    }
    return std::nullopt;
}

// Up to the separator, which goes with it.
std::string_view takeUpTo(std::string_view& rest, char separator) {
    const size_t end = rest.find(separator);
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return taken;
}

}  // namespace

std::optional<StatsdValue> parseStatsdValue(std::string_view text) {
    StatsdValue value;
    value.is_change = text.starts_with('+') || text.starts_with('-');
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) {
            return std::nullopt;
        }
    }
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value.number);
    if (error != std::errc{} || stopped != end || text.empty() || !std::isfinite(value.number)) {
        return std::nullopt;
    }
    return value;
}

std::variant<StatsdLine, Reject> parseStatsdLine(std::string_view line) {
    if (!base::isUtf8(line)) {
        return Reject::BadText;
    }
    StatsdLine parsed;
    parsed.name = takeUpTo(line, ':');
    parsed.values = takeUpTo(line, '|');
    const auto type = typeOf(takeUpTo(line, '|'));
    if (!type || parsed.values.empty()) {
        return Reject::Malformed;
    }
    parsed.type = *type;
    if (parsed.name.empty() || parsed.name.size() > wire::kMetricNameBytesMax) {
        return Reject::BadText;
    }
    while (!line.empty()) {
        std::string_view section = takeUpTo(line, '|');
        if (section.starts_with('#')) {
            parsed.tags = section.substr(1);
        } else if (section.starts_with('@')) {
            const auto rate = parseStatsdValue(section.substr(1));
            if (!rate || rate->number <= 0 || rate->number > 1) {
                return Reject::BadValue;
            }
            parsed.rate = rate->number;
        }
    }
    return parsed;
}

}  // namespace evd::collector
