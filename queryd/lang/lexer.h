#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"

#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

enum class TokenKind { Word, Text, Bytes, Symbol, End };

struct Token {
    TokenKind kind = TokenKind::End;
    std::string text;  // Word, Symbol: as written; Text, Bytes: what it means
    Position at;
};

inline constexpr size_t kQueryTextBytesMax = 16 * 1024 * 1024;
inline constexpr size_t kTokensMax = 200'000;

// Cuts the text of a question into words, quoted text, bytes and symbols (Ruling Q1).
//
// Takes the bytes of a stranger: at most kQueryTextBytesMax of valid UTF-8 and kTokensMax tokens,
// anything else is Invalid with a sentence that names line and column. Knows no keywords and no
// numbers; a word runs to white space or one of []()," = ! < >. Comments run from `--`, at the
// start or after white space, to the end of the line. The last token is always End. Pure, any
// thread.
base::Result<std::vector<Token>> lex(std::string_view text);

// "line 1, column 8", as every error sentence says it.
std::string describe(Position at);

}  // namespace evd::queryd
