#include "queryd/lang/token_cursor.h"

#include "common/base/nearest_word.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

namespace {

constexpr size_t kShownWordBytesMax = 60;

std::string shown(const Token& token) {
    return token.kind == TokenKind::Bytes ? "bytes" : shownWord(token.text);
}

bool contains(const std::vector<std::string_view>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

std::string shownWord(std::string_view text) {
    const size_t cut = base::wholeCharacters(text, kShownWordBytesMax);
    std::string shown_text(text.substr(0, cut));
    for (char& letter : shown_text) {
        const bool control = static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
        letter = control ? ' ' : letter;
    }
    return base::cat('"', shown_text, cut < text.size() ? "...\"" : "\"");
}

base::Error errorAt(std::string_view what, Position at) {
    return base::fail(base::ErrorKind::Invalid, base::cat(what, " at ", describe(at)));
}

const Token& TokenCursor::peekSecond() const {
    return tokens_[std::min(index_ + 1, tokens_.size() - 1)];
}

bool TokenCursor::isWord(std::string_view word) const {
    return peek().kind == TokenKind::Word && base::equalsFolded(peek().text, word);
}

bool TokenCursor::isSymbol(std::string_view symbol) const {
    return peek().kind == TokenKind::Symbol && peek().text == symbol;
}

const Token& TokenCursor::take() {
    const Token& token = tokens_[index_];
    if (token.kind != TokenKind::End) {
        ++index_;
        things_.clear();
        words_.clear();
    }
    return token;
}

const Token& TokenCursor::takeFreeWord() {
    free_word_ = index_;
    free_word_candidates_ = words_;
    return take();
}

bool TokenCursor::tryWord(std::string_view word) {
    if (isWord(word)) {
        take();
        return true;
    }
    expectingWord(word);
    return false;
}

bool TokenCursor::trySymbol(std::string_view symbol) {
    if (isSymbol(symbol)) {
        take();
        return true;
    }
    expecting(symbol == "," ? "a comma" : symbol);
    return false;
}

void TokenCursor::expectingWord(std::string_view word) {
    things_.push_back(word);
    words_.push_back(word);
}

std::string TokenCursor::expectedText() const {
    std::vector<std::string_view> unique;
    for (const std::string_view thing : things_) {
        if (!contains(unique, thing)) {
            unique.push_back(thing);
        }
    }
    std::string text;
    for (size_t i = 0; i < unique.size(); ++i) {
        const std::string_view glue = i == 0 ? "" : i + 1 == unique.size() ? " or " : ", ";
        text += base::cat(glue, unique[i]);
    }
    return text;
}

std::string TokenCursor::suggestion() const {
    const Token& token = peek();
    std::string_view nearest;
    if (token.kind == TokenKind::Word) {
        nearest = base::nearestWord(token.text, words_);
    }
    if (nearest.empty() && index_ > 0 && free_word_ == index_ - 1) {
        const std::string& free_word = tokens_[free_word_].text;
        nearest = base::nearestWord(free_word, free_word_candidates_);
        if (!nearest.empty()) {
            return base::cat("; did you mean ", nearest, " instead of ", shown(tokens_[free_word_]),
                             "?");
        }
    }
    return nearest.empty() ? "" : base::cat("; did you mean ", nearest, "?");
}

base::Error TokenCursor::unexpected() const {
    const std::string found =
        atEnd() ? "the question ends too early" : base::cat("unexpected ", shown(peek()));
    std::string text = base::cat(found, " at ", describe(peek().at));
    const std::string expected = expectedText();
    if (!expected.empty()) {
        text += base::cat(", expected ", expected);
    }
    return base::fail(base::ErrorKind::Invalid, text + suggestion());
}

}  // namespace evd::queryd
