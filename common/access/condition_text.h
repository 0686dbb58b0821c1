#pragma once

#include "common/access/sid.h"
#include "common/access/text_scanner.h"
#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::access {

// Conditions as people write them, to and from the bytecode of PSD-004 §3.11:
//
//    condition  = or-term, { "||", or-term }          or-term = factor, { "&&", factor }
//    factor     = "!", factor | "(", condition, ")" | test | attribute
//    test       = operand, comparison, operand | "Exists", attribute | "Member_of", sids
//    comparison = == != < <= > >= Contains Any_of Not_Contains Not_Any_of
//    operand    = attribute | "text" | number | #hex | SID(BA) | { operand, operand }
//    attribute  = @User.name @Device.name @Resource.name @Local.name, or name for @Local.name
//
// and Not_Exists and the eight forms of Member_of. Words are taken in any case. In names, letters
// other than letters, digits and _ : . / are written %XXXX, the hex of their UTF-16 unit. Numbers
// are decimal, 0x hex or 0 octal, with a sign or none. Text between quotes has no escapes.
//
// Pure; safe on any thread. Both refuse with Invalid: the compiler says at which character, text
// longer than kConditionTextBytesMax or nested deeper than kConditionTextDepthMax included. The
// printer refuses bytecode that is malformed or that this grammar cannot say (a literal under AND,
// a quote in a string). What the printer prints, the compiler takes back to the same bytecode,
// widths of integers and padding aside.
inline constexpr size_t kConditionTextBytesMax = size_t{256} * 1024;
inline constexpr size_t kConditionTextDepthMax = 128;

// The whole text is one condition; the bytecode is padded to four bytes.
base::Result<std::vector<uint8_t>> compileCondition(std::string_view text);
// The condition that comes next; the scanner moves behind it.
base::Result<std::vector<uint8_t>> compileConditionAt(TextScanner& scanner);

base::Result<std::string> printCondition(std::span<const uint8_t> bytecode);

// A SID by its two letters or as S-1-...; Invalid says why not.
base::Result<Sid> sidOfWord(std::string_view word);
// The letters of a SID, or S-1-... when it has none.
std::string wordOfSid(const Sid& sid);

}  // namespace evd::access
