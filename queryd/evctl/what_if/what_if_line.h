#pragma once

#include "queryd/evctl/what_if/what_if_judge.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace evd::evctl {

inline constexpr size_t kWhatIfLineBytesMax = size_t{4} << 20;

// One what-if question to the access check, and its answer, as lines of JSON (contracts §8).
//
// It is how an administrator tries a descriptor before installing it, and how our check is compared
// with others. The answer is {"granted", "allowed"[, "nodes"]}; {"error": errno} when the check
// refuses the question; {"error": sentence, "line": number} when the line cannot be read. Never
// fails otherwise; no line break at the end.
std::string answerWhatIf(std::string_view line, uint64_t line_number,
                         const WhatIfJudge& judge = askReference);

// Lines of questions in, lines of answers out.
//
// Takes bytes as they come and answers each complete line in order; finish() answers a last line
// that lacks its line break. A line beyond kWhatIfLineBytesMax is answered as unreadable, and its
// bytes are not kept. One thread.
class WhatIfSession {
  public:
    explicit WhatIfSession(WhatIfJudge judge = askReference) : judge_(std::move(judge)) {}

    // Both append to `answers`.
    void add(std::string_view bytes, std::string& answers);
    void finish(std::string& answers);

  private:
    void answer(std::string& answers);

    WhatIfJudge judge_;
    std::string partial_;
    bool too_long_ = false;
    uint64_t line_ = 0;
};

}  // namespace evd::evctl
