#pragma once

#include "common/base/result.h"

#include <string_view>

namespace evd::access {

// A place in a text that is being read, for the parsers of SDDL and of conditions.
//
// Takes care of white space, of words and numbers, and of saying where something is wrong. Reads
// nothing outside the text, which must outlive it. Not for two threads at once.
class TextScanner {
  public:
    explicit TextScanner(std::string_view text) : text_(text) {}

    void skipSpace();
    bool atEnd() const { return at_ >= text_.size(); }
    char peek() const { return atEnd() ? '\0' : text_[at_]; }
    std::string_view rest() const { return text_.substr(at_); }
    size_t position() const { return at_; }
    void moveTo(size_t position) { at_ = position; }

    // Takes this text, if it comes next.
    bool take(std::string_view wanted);
    // Takes this word in any case, if it comes next and no letter, digit or underscore follows.
    bool takeWord(std::string_view wanted);
    // Takes everything before one of these letters, or to the end.
    std::string_view takeUntil(std::string_view letters);

    // Takes the text between two quotes that comes next, white space aside. There are no escapes,
    // so it holds no quote; a zero is refused, which ends strings of the binary forms.
    base::Result<std::string_view> takeQuoted();

    // Says what is wrong and at which character, counted from one.
    base::Error wrong(std::string_view what) const;

  private:
    std::string_view text_;
    size_t at_ = 0;
};

// The letters of names in conditions that need no escape.
bool isNameLetter(char letter);

}  // namespace evd::access
