#include "queryd/evctl/output/column_fit.h"

#include <algorithm>
#include <cstdint>

namespace evd::evctl {

namespace {

size_t cappedWidth(const ColumnNeed& need, size_t cap) {
    return need.rigid || need.rank > 0 ? need.width : std::min(need.width, cap);
}

// What the shown columns take together when none that can be cut is wider than `cap`.
size_t totalWidth(std::span<const ColumnNeed> needs, const std::vector<bool>& shown, size_t cap) {
    size_t total = 0;
    size_t count = 0;
    for (size_t i = 0; i < needs.size(); ++i) {
        total += shown[i] ? cappedWidth(needs[i], cap) : 0;
        count += shown[i] ? 1 : 0;
    }
    return total + (count > 0 ? (count - 1) * kColumnGap : 0);
}

// The rightmost of the shown columns with the highest rank of at least `rank_min`, or the size.
size_t nextToHide(std::span<const ColumnNeed> needs, const std::vector<bool>& shown, int rank_min) {
    size_t found = needs.size();
    for (size_t i = 0; i < needs.size(); ++i) {
        if (shown[i] && needs[i].rank >= rank_min &&
            (found == needs.size() || needs[i].rank >= needs[found].rank)) {
            found = i;
        }
    }
    return found;
}

void hideUntilFits(std::span<const ColumnNeed> needs, size_t width_max, size_t cap, int rank_min,
                   std::vector<bool>& shown) {
    while (totalWidth(needs, shown, cap) > width_max &&
           std::count(shown.begin(), shown.end(), true) > 1) {
        const size_t column = nextToHide(needs, shown, rank_min);
        if (column == needs.size()) {
            return;
        }
        shown[column] = false;
    }
}

// The largest cap with which all that is shown fits.
size_t largestCap(std::span<const ColumnNeed> needs, const std::vector<bool>& shown,
                  size_t width_max) {
    size_t cap = kColumnWidthLeast;
    while (cap < width_max && totalWidth(needs, shown, cap + 1) <= width_max) {
        ++cap;
    }
    return cap;
}

}  // namespace

std::vector<size_t> fitColumns(std::span<const ColumnNeed> needs, size_t width_max) {
    std::vector<bool> shown(needs.size(), true);
    const bool is_narrow = width_max > 0 && totalWidth(needs, shown, SIZE_MAX) > width_max;
    size_t cap = SIZE_MAX;
    if (is_narrow) {
        hideUntilFits(needs, width_max, kComfortableWidth, /*rank_min=*/1, shown);
        hideUntilFits(needs, width_max, kColumnWidthLeast, /*rank_min=*/0, shown);
        cap = largestCap(needs, shown, width_max);
    }
    std::vector<size_t> widths(needs.size(), 0);
    size_t left = is_narrow ? width_max - std::min(totalWidth(needs, shown, cap), width_max) : 0;
    for (size_t i = 0; i < needs.size(); ++i) {
        if (shown[i]) {
            widths[i] = cappedWidth(needs[i], cap);
            const size_t more = std::min(left, needs[i].width - widths[i]);
            widths[i] += more;  // what the even share leaves over
            left -= more;
        }
    }
    return widths;
}

}  // namespace evd::evctl
