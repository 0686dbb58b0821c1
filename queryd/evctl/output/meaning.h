#pragma once

#include "queryd/evctl/output/record_fields.h"

#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

// How much a record wants to be looked at.
enum class Meaning { Plain, Faint, Warning, Error };

// What a record says of its own weight: `is_error` of a log line, the stderr of what was run, and
// `severity`, `level` or `priority` as a word ("warning") or a number as syslog counts (0 to 7).
// Pure.
Meaning meaningOf(std::span<const FieldView> fields);

// The escape sequence that begins its colour; nothing for a plain one.
std::string_view colorOf(Meaning meaning);

inline constexpr std::string_view kColorOff = "\x1b[0m";
inline constexpr std::string_view kColorBold = "\x1b[1m";
inline constexpr std::string_view kColorDim = "\x1b[2m";
inline constexpr std::string_view kColorRed = "\x1b[31m";

// Text between a colour and its end; as it is without a colour or when none is wanted.
std::string colored(std::string_view text, std::string_view color, bool wanted);

}  // namespace evd::evctl
