#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace evd::evctl {

enum class TimeStyle { Local, Utc, Iso, Raw, Relative };

// The word given to --time. Nothing when there is no such style.
std::optional<TimeStyle> timeStyleOf(std::string_view word);

// Nanoseconds since the epoch as a person reads them: local and utc to the microsecond, iso and raw
// in full, relative as "4.2 s ago". `now_ns` matters for relative only.
std::string timeText(int64_t wall_ns, TimeStyle style, int64_t now_ns);

// The calendar of that second, in the person's own time zone or in UTC.
tm calendarOf(int64_t seconds, bool utc);

// The fields that hold a time (Spec §8.1: timestamp; Ruling Q7: bucket).
bool isTimeField(std::string_view name);

}  // namespace evd::evctl
