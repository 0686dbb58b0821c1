#include "queryd/evctl/shell/question_words.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kSymbols = "[](),=!<>";
constexpr std::string_view kComparing = "=!<>";

bool isOneOf(char letter, std::string_view letters) {
    return letters.find(letter) != std::string_view::npos;
}

bool isComparing(const QuestionWord& word) {
    return word.kind == QuestionWord::Kind::Symbol && isOneOf(word.text.front(), kComparing);
}

}  // namespace

size_t endOfQuoted(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        at += text[at] == '\\' ? 1 : 0;
    }
    return at + 1;
}

std::vector<QuestionWord> questionWords(std::string_view text) {
    std::vector<QuestionWord> words;
    size_t at = 0;
    while (at < text.size()) {
        const char letter = text[at];
        const bool is_behind_blank = at == 0 || isOneOf(text[at - 1], kBlanks);
        size_t end = at + 1;
        if (isOneOf(letter, kBlanks)) {
        } else if (is_behind_blank && text.substr(at).starts_with("--")) {
            end = std::min(text.find('\n', at), text.size());
        } else if (letter == '"') {
            end = std::min(endOfQuoted(text, at), text.size());
            const size_t inner = end - at >= 2 ? end - at - 2 : 0;
            words.push_back({QuestionWord::Kind::Quoted, text.substr(at + 1, inner), at, end});
        } else if (isOneOf(letter, kSymbols)) {
            words.push_back({QuestionWord::Kind::Symbol, text.substr(at, 1), at, end});
        } else {
            end = std::min(text.find_first_of(kQuestionWordEnds, at), text.size());
            words.push_back({QuestionWord::Kind::Plain, text.substr(at, end - at), at, end});
        }
        at = end;
    }
    return words;
}

bool isCompared(const std::vector<QuestionWord>& words, size_t at) {
    return (at + 1 < words.size() && isComparing(words[at + 1])) ||
           (at > 0 && at < words.size() && isComparing(words[at - 1]));
}

}  // namespace evd::evctl
