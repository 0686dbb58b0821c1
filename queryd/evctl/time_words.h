#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::evctl {

// A time as people type it behind --since and --until, in the words of the query language.
//
//     5m  -5m  "5 min ago"  1h30m  2d        that long ago
//     now  today  yesterday  @1767225600     moments; today and yesterday are their midnights
//     10:30  2026-01-02  2026-01-02 10:30    calendar: of this day, or as named; fraction and
//     2026-01-02T10:30:00.5Z +01:00          offset may follow
//
// Calendar times without an offset are those of the person's own clock, as evctl shows them, or UTC
// when `utc`. (The language itself takes them as UTC.) Invalid, with what is understood, for the
// rest. Uses the process's time zone.
base::Result<std::string> timeWords(std::string_view typed, bool utc, int64_t now_ns);

// The moment that is meant by it, in nanoseconds since the epoch; nothing when it is no time.
std::optional<int64_t> momentOf(std::string_view typed, bool utc, int64_t now_ns);

}  // namespace evd::evctl
