#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evd::evctl {

inline constexpr size_t kWhatIfLineBytesMax = size_t{4} << 20;

// One what-if question to the access check, and its answer, as lines of JSON (contracts §8).
//
// It is how an administrator tries a descriptor before installing it, and how our check is compared
// with others. The answer is {"granted", "allowed"[, "nodes"]}; {"error": errno} when the check
// refuses the question; {"error": sentence, "line": number} when the line cannot be read. Keys it
// does not know are ignored. Pure, never fails otherwise; no line break at the end.
std::string answerWhatIf(std::string_view line, uint64_t line_number);

}  // namespace evd::evctl
