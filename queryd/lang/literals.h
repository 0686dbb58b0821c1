#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace evd::queryd {

// What single words mean: numbers, durations, calendar times, field names (Spec §8.1, Ruling Q1).
//
// Pure functions over one word at a time, used by the parser and the binder, on any thread. Each
// answers "is it one, and which"; positions and error sentences are the parser's. A word that has
// the form but not the range (32nd of the month, 2^64) is no value either.

inline constexpr size_t kFieldNameLengthMax = 1024;

// Whether a word begins like a number, so that it must be one (Ruling Q1).
bool startsLikeNumber(std::string_view word);

// Decimal and hexadecimal integers from -2^63 to 2^64-1, and finite decimal floats.
std::optional<Literal> parseNumber(std::string_view word);

// 30s, 5m, 1h, 7d in nanoseconds; at least 1 and at most what an i64 holds.
std::optional<int64_t> parseDuration(std::string_view word);

// YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, UTC, a date that exists (Ruling Q5), in nanoseconds since the
// epoch. The quoted form may also carry a fraction of up to nine digits and Z or an offset (Ruling
// Q14).
std::optional<int64_t> parseCalendarTime(std::string_view word);
std::optional<int64_t> parseQuotedTime(std::string_view text);

// Dotted segments of [A-Za-z_][A-Za-z0-9_-]*, what may stand as a field without quotes.
bool isPlainFieldName(std::string_view word);

// The moment a time literal means when it is now_ns; saturates at the ends of i64.
int64_t resolveTime(const TimePoint& time, int64_t now_ns);

}  // namespace evd::queryd
