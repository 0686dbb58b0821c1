#include "common/base/nearest_word.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::base {

namespace {

constexpr size_t kRow = kSuggestLengthMax + 1;

// Optimal string alignment distance over two texts of at most kSuggestLengthMax bytes.
size_t distance(std::string_view left, std::string_view right) {
    std::array<std::array<size_t, kRow>, kRow> cost{};
    for (size_t i = 0; i <= left.size(); ++i) {
        cost[i][0] = i;
    }
    for (size_t j = 0; j <= right.size(); ++j) {
        cost[0][j] = j;
    }
    const auto same = [&](size_t i, size_t j) { return foldAscii(left[i]) == foldAscii(right[j]); };
    for (size_t i = 1; i <= left.size(); ++i) {
        for (size_t j = 1; j <= right.size(); ++j) {
            const size_t changed = cost[i - 1][j - 1] + (same(i - 1, j - 1) ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[left.size()][right.size()];
}

}  // namespace

std::string_view nearestWord(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    size_t best_distance = kSuggestLengthMax;
    if (word.size() > kSuggestLengthMax) {
        return best;
    }
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kSuggestLengthMax) {
            continue;
        }
        const size_t far = distance(word, candidate);
        if (far < best_distance && far * 2 <= std::max(word.size(), candidate.size())) {
            best = candidate;
            best_distance = far;
        }
    }
    return best;
}

}  // namespace evd::base
