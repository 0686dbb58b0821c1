#pragma once

#include "common/base/result.h"

#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace evd::queryd {

inline constexpr size_t kPatternBytesMax = 1024;                   // as it is written
inline constexpr size_t kPatternMemoryBytesMax = 4 * 1024 * 1024;  // of one compiled pattern

// The right side of MATCHES: RE2 syntax, found anywhere in the text, ASCII letters folded as
// everywhere in the language (Ruling Q3, Q14).
//
// The only door to RE2, which matches in time linear in the text and within a fixed amount of
// memory, so that no pattern of a stranger can hold up a reader; the standard library's engine
// promises neither. Invalid, with RE2's reason, for a pattern that is none or that exceeds one of
// the limits above. Immutable once made; any number of threads may match at once.
class TextPattern {
  public:
    static base::Result<std::shared_ptr<const TextPattern>> compile(std::string_view pattern);
    explicit TextPattern(std::unique_ptr<re2::RE2> expression);
    ~TextPattern();

    bool matches(std::string_view text) const;

  private:
    std::unique_ptr<re2::RE2> expression_;
};

}  // namespace evd::queryd
