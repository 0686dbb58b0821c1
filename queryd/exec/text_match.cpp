#include "queryd/exec/text_match.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
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

static_assert(std::endian::native == std::endian::little, "the first letter is the lowest byte");

// Sixteen letters at once. The compiler turns these into the machine's own vector instructions.
constexpr size_t kBlockBytes = 16;
using Block = unsigned char __attribute__((vector_size(kBlockBytes)));

Block blockOf(unsigned char letter) {
    return Block{} + letter;
}

Block loadBlock(const char* at) {
    Block block;
    std::memcpy(&block, at, kBlockBytes);
    return block;
}

// Both cases of one letter, sixteen times.
struct LetterBlocks {
    explicit LetterBlocks(char letter)
        : lower(blockOf(folded(letter))),
          upper(blockOf(isLower(folded(letter)) ? folded(letter) - 'a' + 'A' : folded(letter))) {}

    // All bits of a place where the letter stands in either case, none of another.
    Block foundIn(const char* at) const {
        const Block block = loadBlock(at);
        return (Block)((block == lower) | (block == upper));
    }

  private:
    static bool isLower(unsigned char letter) { return letter >= 'a' && letter <= 'z'; }

    Block lower;
    Block upper;
};

// Looks for a part by its first and last letter together, which seldom stand at that distance by
// chance, and compares the rest only where they do.
class PartSearch {
  public:
    explicit PartSearch(std::string_view part)
        : part_(part), first_(part.front()), last_(part.back()) {}

    // At which of the kBlockBytes places from `at` on the part begins first; npos: at none. Reads
    // as many bytes beyond the last place as the part has.
    size_t placeInBlock(const char* at) const {
        const Block found = first_.foundIn(at) & last_.foundIn(at + part_.size() - 1);
        std::array<uint64_t, kBlockBytes / 8> words;
        std::memcpy(words.data(), &found, kBlockBytes);
        if ((words[0] | words[1]) == 0) {
            return std::string_view::npos;
        }
        for (size_t word = 0; word < words.size(); ++word) {
            const size_t place = placeInWord(at + word * 8, words[word]);
            if (place != std::string_view::npos) {
                return word * 8 + place;
            }
        }
        return std::string_view::npos;
    }

    bool beginsAt(const char* at) const { return sameText(at, part_.data(), part_.size()); }

  private:
    // Each byte of `found` that is not zero, from the lowest on, is a place to look at.
    size_t placeInWord(const char* at, uint64_t found) const {
        while (found != 0) {
            const auto place = static_cast<size_t>(std::countr_zero(found)) / 8;
            if (beginsAt(at + place)) {
                return place;
            }
            found &= ~(uint64_t{0xFF} << (place * 8));
        }
        return std::string_view::npos;
    }

    std::string_view part_;
    LetterBlocks first_;
    LetterBlocks last_;
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

bool containsFolded(std::string_view text, std::string_view part) {
    return findFolded(text, part) != std::string_view::npos;
}

size_t findFolded(std::string_view text, std::string_view part) {
    constexpr size_t kNowhere = std::string_view::npos;
    if (part.empty() || part.size() > text.size()) {
        return part.empty() ? 0 : kNowhere;
    }
    const PartSearch search(part);
    const size_t places = text.size() - part.size() + 1;
    size_t place = 0;
    for (; place + kBlockBytes <= places; place += kBlockBytes) {
        if (const size_t found = search.placeInBlock(text.data() + place); found != kNowhere) {
            return place + found;
        }
    }
    if (place < places && places >= kBlockBytes) {
        // The rest as a block that overlaps what has been seen.
        const size_t last = places - kBlockBytes;
        const size_t found = search.placeInBlock(text.data() + last);
        return found == kNowhere ? kNowhere : last + found;
    }
    for (; place < places; ++place) {
        if (search.beginsAt(text.data() + place)) {
            return place;
        }
    }
    return kNowhere;
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
