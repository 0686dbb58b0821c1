#pragma once

#include "common/base/result.h"

#include <pthread.h>
#include <array>
#include <atomic>
#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace evd::queryd {

inline constexpr size_t kPatternBytesMax = 1024;                   // as it is written
inline constexpr size_t kPatternMemoryBytesMax = 4 * 1024 * 1024;  // of one compiled copy
// Threads that match without getting in each other's way; more of them share.
inline constexpr size_t kPatternCopiesMax = 8;

// The right side of MATCHES: RE2 syntax, found anywhere in the text, ASCII letters folded as
// everywhere in the language (Ruling Q3, Q14).
//
// The only door to RE2, which matches in time linear in the text and within a fixed amount of
// memory, so that no pattern of a stranger can hold up a reader; the standard library's engine
// promises neither. Invalid, with RE2's reason, for a pattern that is none or that exceeds one of
// the limits above. Any number of threads may match at once: RE2 locks what it learns of a pattern
// with every match, which costs two threads more than the matching does, so each has a copy of its
// own, made when it first matches.
class TextPattern {
  public:
    static base::Result<std::shared_ptr<const TextPattern>> compile(std::string_view pattern);
    explicit TextPattern(std::unique_ptr<re2::RE2> expression);
    ~TextPattern();

    bool matches(std::string_view text) const;

  private:
    // Of the thread that came first; nobody else makes the expression or uses it, but for the first
    // copy, which is there from the beginning and shared by those for whom there is none.
    struct Copy {
        std::atomic<pthread_t> owner{};
        std::unique_ptr<re2::RE2> expression;
    };
    const re2::RE2& ownCopy() const;

    mutable std::array<Copy, kPatternCopiesMax> copies_;
};

}  // namespace evd::queryd
