#pragma once

#include "common/base/result.h"
#include "queryd/lang/lexer.h"

#include <string_view>
#include <vector>

namespace evd::queryd {

// A place in the tokens of a question that remembers what it was asked for there.
//
// Takes error sentences away from the parser: every unsuccessful try at a token is noted, so that
// unexpected() can say what would have been right at the furthest place reached, and which of the
// possible words is nearest to the one that stands there (Ruling Q13). Used by one parse on one
// thread; the tokens outlive it. Descriptions given to tries are literals.
class TokenCursor {
  public:
    // The tokens end with one of kind End.
    explicit TokenCursor(const std::vector<Token>& tokens) : tokens_(tokens) {}

    const Token& peek() const { return tokens_[index_]; }
    const Token& peekSecond() const;
    bool atEnd() const { return peek().kind == TokenKind::End; }
    bool isWord(std::string_view word) const;
    bool isSymbol(std::string_view symbol) const;

    // Passes over the token; what was expected before it is forgotten.
    const Token& take();

    // Each takes the token if it is the one; otherwise it notes what would have been right.
    bool tryWord(std::string_view word);
    bool trySymbol(std::string_view symbol);

    // Notes that something would be right here: a thing in words, or a keyword.
    void expecting(std::string_view thing) { things_.push_back(thing); }
    void expectingWord(std::string_view word);
    // Notes a word that may be meant here but is named by a thing that was noted already.
    void suggesting(std::string_view word) { words_.push_back(word); }

    // The word just taken could have been anything; if what follows is wrong, perhaps it was meant
    // to be one of the words noted so far.
    const Token& takeFreeWord();

    // Why the question cannot go on here.
    base::Error unexpected() const;

  private:
    std::string expectedText() const;
    std::string suggestion() const;

    const std::vector<Token>& tokens_;
    size_t index_ = 0;
    std::vector<std::string_view> things_;  // in the order of the tries, words included
    std::vector<std::string_view> words_;
    size_t free_word_ = SIZE_MAX;  // index of the last token taken by takeFreeWord()
    std::vector<std::string_view> free_word_candidates_;
};

// Words of a stranger as they may stand in a sentence: in quotes, short, on one line.
std::string shownWord(std::string_view text);

// An Invalid error whose sentence ends with the place.
base::Error errorAt(std::string_view what, Position at);

}  // namespace evd::queryd
