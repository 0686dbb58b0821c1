#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace evd::evctl {

// What ends a bare word of a question.
inline constexpr std::string_view kQuestionWordEnds = " \t\r\n[](),=!<>\"";

// A word of a question and where it stands.
struct QuestionWord {
    enum class Kind { Plain, Quoted, Symbol };
    Kind kind = Kind::Plain;
    std::string_view text;  // of quoted text without the quotes, escapes as they stand
    size_t begin = 0;
    size_t end = 0;
};

// Cuts the text of a question into words as the server's lexer does, without blanks and comments
// and without judging it: a quote that nobody closes ends with the text. Pure.
std::vector<QuestionWord> questionWords(std::string_view text);

// Whether a word is compared, or what another is compared with, and so no clause, whatever it is
// called. Pure.
bool isCompared(const std::vector<QuestionWord>& words, size_t at);

// Behind the quoted text that begins at `at`; beyond the text's end when its quote is not closed.
// Pure.
size_t endOfQuoted(std::string_view text, size_t at);

}  // namespace evd::evctl
