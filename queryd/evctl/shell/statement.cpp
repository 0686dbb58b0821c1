#include "queryd/evctl/shell/statement.h"

#include "common/base/text.h"
#include "queryd/evctl/shell/question_words.h"

#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kWantMore = ",=!<>\\";  // at the end of a text

// Words behind which something must follow.
constexpr auto kOpenWords = std::to_array<std::string_view>(
    {"METRIC",   "WHERE",     "AND",      "OR",       "NOT",        "BY",      "SELECT",
     "SINCE",    "UNTIL",     "TAKE",     "SKIP",     "FROM",       "SORT",    "IN",
     "IS",       "HAS",       "MATCHES",  "CONTAINS", "CONTAINING", "CONTEXT", "STARTS_WITH",
     "GROUP",    "ENDS_WITH", "BUCKET",   "DISTINCT", "NOT_IN",     "OVER",    "AVG_OVER",
     "MIN_OVER", "MAX_OVER",  "SUM_OVER", "WITH",     "EXISTS"});

// What is left open at the end of a text, and the text without comments.
struct Reading {
    int brackets = 0;
    bool in_quotes = false;
    std::string last_word;
    char last_sign = '\0';  // the last character that is no blank
};

// One step: what stands at `at`; answers where the next begins.
size_t readOne(std::string_view text, size_t at, Reading& reading) {
    const char letter = text[at];
    if (letter == '"') {
        const size_t end = endOfQuoted(text, at);
        reading.in_quotes = end > text.size();
        reading.last_word.clear();
        reading.last_sign = '"';
        return end;
    }
    if (kBlanks.find(letter) != std::string_view::npos) {
        return at + 1;
    }
    if (text.substr(at, 2) == "--") {
        return std::min(text.find('\n', at), text.size());
    }
    reading.last_sign = letter;
    if (kQuestionWordEnds.find(letter) != std::string_view::npos) {
        reading.brackets += letter == '[' || letter == '(' ? 1 : 0;
        reading.brackets -= letter == ']' || letter == ')' ? 1 : 0;
        reading.last_word.clear();
        return at + 1;
    }
    const size_t end = std::min(text.find_first_of(kQuestionWordEnds, at), text.size());
    reading.last_word = std::string(text.substr(at, end - at));
    reading.last_sign = text[end - 1];
    return end;
}

Reading readAll(std::string_view text) {
    Reading reading;
    for (size_t at = 0; at < text.size();) {
        at = readOne(text, at, reading);
    }
    return reading;
}

bool isOpenWord(std::string_view word) {
    return std::any_of(kOpenWords.begin(), kOpenWords.end(),
                       [&](std::string_view open) { return base::equalsFolded(open, word); });
}

}  // namespace

bool isWhole(std::string_view text) {
    const Reading reading = readAll(text);
    if (reading.in_quotes) {
        return false;
    }
    if (reading.last_sign == ';') {
        return true;
    }
    return reading.brackets <= 0 && kWantMore.find(reading.last_sign) == std::string_view::npos &&
           !isOpenWord(reading.last_word);
}

std::string questionIn(std::string_view text) {
    std::string question(base::trim(text));
    // A backslash at the end of a line said that another follows.
    for (size_t at = question.find("\\\n"); at != std::string::npos;
         at = question.find("\\\n", at)) {
        question[at] = ' ';
    }
    while (!question.empty() && (question.back() == ';' || question.back() == '\\' ||
                                 kBlanks.find(question.back()) != std::string_view::npos)) {
        question.pop_back();
    }
    return question;
}

}  // namespace evd::evctl
