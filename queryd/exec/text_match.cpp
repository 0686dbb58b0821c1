#include "queryd/exec/text_match.h"

#include <algorithm>
#include <array>
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

// Sixteen letters at once. The compiler turns these into the machine's own vector instructions.
constexpr size_t kBlockBytes = 16;
using Block = unsigned char __attribute__((vector_size(kBlockBytes)));

Block blockOf(unsigned char letter) {
    return Block{} + letter;
}

Block foldedBlock(const char* at) {
    Block block;
    std::memcpy(&block, at, kBlockBytes);
    // A comparison gives all bits of a letter or none.
    const auto is_upper = (Block)((block >= blockOf('A')) & (block <= blockOf('Z')));
    return block | (is_upper & blockOf('a' - 'A'));
}

bool isZero(const Block& block) {
    uint64_t halves[2];
    std::memcpy(halves, &block, kBlockBytes);
    return (halves[0] | halves[1]) == 0;
}

// Looks for a part by its first and last letter together, which seldom stand at that distance by
// chance, and compares the rest only where they do.
class PartSearch {
  public:
    explicit PartSearch(std::string_view part)
        : part_(part), first_(blockOf(folded(part.front()))), last_(blockOf(folded(part.back()))) {}

    // Whether the part begins at one of the kBlockBytes places from `at` on. Reads as many bytes
    // beyond the last place as the part has.
    bool beginsInBlock(const char* at) const {
        const Block found =
            (Block)((foldedBlock(at) == first_) & (foldedBlock(at + part_.size() - 1) == last_));
        if (isZero(found)) {
            return false;
        }
        for (size_t i = 0; i < kBlockBytes; ++i) {
            if (found[i] != 0 && beginsAt(at + i)) {
                return true;
            }
        }
        return false;
    }

    bool beginsAt(const char* at) const { return sameText(at, part_.data(), part_.size()); }

  private:
    std::string_view part_;
    Block first_;
    Block last_;
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
    if (part.empty() || part.size() > text.size()) {
        return part.empty();
    }
    const PartSearch search(part);
    const size_t places = text.size() - part.size() + 1;
    size_t place = 0;
    for (; place + kBlockBytes <= places; place += kBlockBytes) {
        if (search.beginsInBlock(text.data() + place)) {
            return true;
        }
    }
    if (place < places && places >= kBlockBytes) {
        // The rest as a block that overlaps what has been seen.
        return search.beginsInBlock(text.data() + (places - kBlockBytes));
    }
    for (; place < places; ++place) {
        if (search.beginsAt(text.data() + place)) {
            return true;
        }
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
