#include "queryd/exec/text_match.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace evd::queryd {

namespace {

// Every byte with ASCII letters folded, so that the loops below look up instead of calling.
constexpr std::array<unsigned char, 256> makeFolds() {
    std::array<unsigned char, 256> folds{};
    for (size_t i = 0; i < folds.size(); ++i) {
        const bool upper = i >= 'A' && i <= 'Z';
        folds[i] = static_cast<unsigned char>(upper ? i - 'A' + 'a' : i);
    }
    return folds;
}

constexpr std::array<unsigned char, 256> kFolds = makeFolds();

unsigned char folded(char letter) {
    return kFolds[static_cast<unsigned char>(letter)];
}

bool sameLetter(char left, char right) {
    return folded(left) == folded(right);
}

bool sameText(const char* left, const char* right, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
        if (!sameLetter(left[i], right[i])) {
            return false;
        }
    }
    return true;
}

// Where a byte stands next, looked for again only when it has been passed.
class NextByte {
  public:
    NextByte(char byte, const char* end) : byte_(byte), end_(end) {}
    const char* from(const char* at) {
        if (next_ == nullptr || next_ < at) {
            const void* found = std::memchr(at, byte_, static_cast<size_t>(end_ - at));
            next_ = found == nullptr ? end_ : static_cast<const char*>(found);
        }
        return next_;
    }

  private:
    char byte_;
    const char* end_;
    const char* next_ = nullptr;
};

}  // namespace

int compareFolded(std::string_view left, std::string_view right) {
    const size_t common = std::min(left.size(), right.size());
    for (size_t i = 0; i < common; ++i) {
        const unsigned char a = folded(left[i]);
        const unsigned char b = folded(right[i]);
        if (a != b) {
            return a < b ? -1 : 1;
        }
    }
    return left.size() == right.size() ? 0 : left.size() < right.size() ? -1 : 1;
}

bool startsWithFolded(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && sameText(text.data(), prefix.data(), prefix.size());
}

bool endsWithFolded(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() &&
           sameText(text.data() + text.size() - suffix.size(), suffix.data(), suffix.size());
}

// Jumps from one place where the first letter stands, in either case, to the next.
bool containsFolded(std::string_view text, std::string_view part) {
    if (part.empty() || part.size() > text.size()) {
        return part.empty();
    }
    const char* const end = text.data() + (text.size() - part.size() + 1);
    const auto lower = static_cast<char>(folded(part.front()));
    const bool is_letter = lower >= 'a' && lower <= 'z';
    const auto upper = static_cast<char>(is_letter ? lower - 'a' + 'A' : lower);
    NextByte next_lower(lower, end);
    NextByte next_upper(upper, end);
    const char* at = text.data();
    while (at < end) {
        at = is_letter ? std::min(next_lower.from(at), next_upper.from(at)) : next_lower.from(at);
        if (at < end && sameText(at + 1, part.data() + 1, part.size() - 1)) {
            return true;
        }
        ++at;
    }
    return false;
}

// After a star, the shortest run that lets the rest match is enough: going back to the last star
// alone finds every match.
bool matchesGlob(std::string_view text, std::string_view pattern) {
    size_t at = 0;
    size_t in_pattern = 0;
    size_t last_star = std::string_view::npos;
    size_t star_covers_to = 0;
    while (at < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            last_star = in_pattern++;
            star_covers_to = at;
        } else if (in_pattern < pattern.size() && sameLetter(text[at], pattern[in_pattern])) {
            ++at;
            ++in_pattern;
        } else if (last_star != std::string_view::npos) {
            in_pattern = last_star + 1;
            at = ++star_covers_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace evd::queryd
