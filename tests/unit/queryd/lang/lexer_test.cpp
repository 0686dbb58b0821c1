#include "queryd/lang/lexer.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {

namespace {

std::vector<queryd::Token> tokens(std::string_view text) {
    auto result = lex(text);
    REQUIRE(result.ok());
    return std::move(result).value();
}

std::string errorOf(std::string_view text) {
    const auto result = lex(text);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == base::ErrorKind::Invalid);
    return result.error().text;
}

}  // namespace

TEST_CASE("lexer: an empty text is one end token") {
    const auto found = tokens("");
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == TokenKind::End);
}

TEST_CASE("lexer: words run to white space or a symbol") {
    const auto found = tokens("a.b*-c/d:e[x]=\"t\"!=<=>=<>");
    std::string all;
    for (const auto& token : found) {
        all += token.text + " ";
    }
    CHECK(all == "a.b*-c/d:e [ x ] = t != <= >= < >  ");
}

TEST_CASE("lexer: positions count lines and characters") {
    const auto found = tokens("ä\n  \"ö\" x");
    CHECK(found[0].at == queryd::Position{1, 1});
    CHECK(found[1].at == queryd::Position{2, 3});
    CHECK(found[2].at == queryd::Position{2, 7});
    CHECK(found[3].at == queryd::Position{2, 8});
}

TEST_CASE("lexer: a comment begins at the start or after white space only") {
    CHECK(tokens("-- all of it").size() == 1);
    const auto found = tokens("a--b --c\nd");
    REQUIRE(found.size() == 3);
    CHECK(found[0].text == "a--b");
    CHECK(found[1].text == "d");
    CHECK(tokens("\"a\"--b").size() == 3);
}

TEST_CASE("lexer: escapes, pairs of surrogates included") {
    CHECK(tokens(R"("\" \\ \n \r \t \u0041\ud83d\ude00")")[0].text ==
          "\" \\ \n \r \t A\xF0\x9F\x98\x80");
    CHECK(tokens(R"("\u0000")")[0].text == std::string(1, '\0'));
}

TEST_CASE("lexer: what is malformed is refused with its place") {
    CHECK(errorOf(R"("\ude00")").find("line 1, column 2") != std::string::npos);
    CHECK(errorOf(R"("\ud83dx")").find("\\u") != std::string::npos);
    CHECK(errorOf(R"("\u00g0")").find("\\u") != std::string::npos);
    CHECK(errorOf("\"a\\").find("backslash") != std::string::npos);
    CHECK(errorOf("\n \"abc").find("line 2, column 2") != std::string::npos);
    CHECK(errorOf("x\"0\"").find("hexadecimal") != std::string::npos);
    CHECK(errorOf("a\xFF").find("UTF-8") != std::string::npos);
    CHECK(errorOf(std::string("\"\\u12")).find("\\u") != std::string::npos);
}

TEST_CASE("lexer: bytes in hex, and x alone as a word") {
    const auto found = tokens("x\"00fF\" x \"00\" ax\"00\"");
    CHECK(found[0].kind == TokenKind::Bytes);
    CHECK(found[0].text == std::string("\0\xFF", 2));
    CHECK(found[1].kind == TokenKind::Word);
    CHECK(found[2].kind == TokenKind::Text);
    CHECK(found[3].text == "ax");
}

TEST_CASE("lexer: the number of tokens is bounded") {
    std::string text;
    for (size_t i = 0; i < queryd::kTokensMax; ++i) {
        text += "(";
    }
    CHECK(lex(text).ok());
    CHECK(errorOf(text + "(").find("too many") != std::string::npos);
}

TEST_CASE("lexer: the length is bounded") {
    CHECK(lex(std::string(queryd::kQueryTextBytesMax, ' ')).ok());
    CHECK_FALSE(lex(std::string(queryd::kQueryTextBytesMax + 1, ' ')).ok());
}

}  // namespace evd::queryd
