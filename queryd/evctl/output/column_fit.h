#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kColumnGap = 2;          // blanks between two columns
inline constexpr size_t kComfortableWidth = 40;  // what a column gets before a ranked one is shown
inline constexpr size_t kColumnWidthLeast = 8;   // what a column gets before it is hidden itself

// What the content of a column asks for, in the order in which the columns are shown.
struct ColumnNeed {
    size_t width = 0;    // of its widest cell or its name, whichever is wider
    bool rigid = false;  // never cut: a number or a time that lacks an end is another one
    int rank = 0;        // how readily it is given up; 0: last, and from the right. Others: whole
};

// The width each column is given; 0 is hidden.
//
// Columns that fit are left as they are. What does not fit is made to in this order: columns are
// hidden by rank as long as those without a rank would have less than a comfortable width; then the
// widest of these are cut, evenly, never a rigid one and none below kColumnWidthLeast; then the
// rightmost are hidden. A column with a rank is shown whole or not at all. At least one stays,
// whatever its width. `width_max` 0 is no limit. Pure.
std::vector<size_t> fitColumns(std::span<const ColumnNeed> needs, size_t width_max);

}  // namespace evd::evctl
