#include "queryd/exec/text_match.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

namespace {

bool sameLetter(char left, char right) {
    return left == right || base::foldAscii(left) == base::foldAscii(right);
}

}  // namespace

int compareFolded(std::string_view left, std::string_view right) {
    const size_t common = std::min(left.size(), right.size());
    for (size_t i = 0; i < common; ++i) {
        const auto a = static_cast<unsigned char>(base::foldAscii(left[i]));
        const auto b = static_cast<unsigned char>(base::foldAscii(right[i]));
        if (a != b) {
            return a < b ? -1 : 1;
        }
    }
    return left.size() == right.size() ? 0 : left.size() < right.size() ? -1 : 1;
}

bool startsWithFolded(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           base::equalsFolded(text.substr(0, prefix.size()), prefix);
}

bool endsWithFolded(std::string_view text, std::string_view suffix) {
    return text.size() >= suffix.size() &&
           base::equalsFolded(text.substr(text.size() - suffix.size()), suffix);
}

bool containsFolded(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(), sameLetter) !=
               text.end() ||
           part.empty();
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
