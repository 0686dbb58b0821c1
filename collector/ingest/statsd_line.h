#pragma once

#include "collector/ingest/reject_reason.h"

#include <optional>
#include <string_view>
#include <variant>

namespace evd::collector {

enum class StatsdType { Counter, Gauge, Timing };

// One line of StatsD, taken apart.
//
//      name:value[:value...]|c|@rate|#key:value,key:value
//
// Types are c (counter), g (gauge; a sign makes the value a change of it) and ms, h, d (timing). A
// rate says that only so many of all were sent. Tags are those of DogStatsD; one without a value
// has the value "true". Points into the line.
struct StatsdLine {
    std::string_view name;
    std::string_view values;  // one or more, separated by colons
    StatsdType type = StatsdType::Gauge;
    double rate = 1;        // above 0, at most 1
    std::string_view tags;  // as they came
};

// One value of a line.
struct StatsdValue {
    double number = 0;
    bool is_change = false;  // it came with a sign
};

// Either the line or why it is none. Sections that are not known are passed over. Pure.
std::variant<StatsdLine, Reject> parseStatsdLine(std::string_view line);

// A finite number with an optional sign, or nothing.
std::optional<StatsdValue> parseStatsdValue(std::string_view text);

}  // namespace evd::collector
