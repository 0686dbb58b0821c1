#include "queryd/evctl/chart/dot_canvas.h"

#include "queryd/evctl/chart/scene.h"
#include "queryd/evctl/output/meaning.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace evd::evctl {

namespace {

constexpr size_t kBrailleAcross = 2;
constexpr size_t kBrailleDown = 4;
// U+2800 and one bit per dot: columns, then rows from the top.
constexpr std::array<std::array<uint8_t, kBrailleDown>, kBrailleAcross> kBrailleBits = {
    {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
constexpr std::array<std::string_view, kLineSeriesMax> kColors = {
    "\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[31m", "\x1b[96m", "\x1b[93m"};
constexpr std::string_view kMarks = "*+ox#@%&";

}  // namespace

std::string_view seriesColor(size_t series) {
    return kColors[series % kColors.size()];
}

char seriesMark(size_t series) {
    return kMarks[series % kMarks.size()];
}

DotCanvas::DotCanvas(size_t columns, size_t rows, bool braille)
    : columns_(columns),
      rows_(rows),
      braille_(braille),
      dots_across_(braille ? kBrailleAcross : 1),
      dots_down_(braille ? kBrailleDown : 1),
      cells_(columns * rows) {}

void DotCanvas::dot(int64_t x, int64_t y, size_t series) {
    if (x < 0 || y < 0 || static_cast<size_t>(x) >= dotsWide() ||
        static_cast<size_t>(y) >= dotsHigh()) {
        return;
    }
    const auto across = static_cast<size_t>(x);
    const size_t down = dotsHigh() - 1 - static_cast<size_t>(y);
    Cell& cell = cells_[down / dots_down_ * columns_ + across / dots_across_];
    cell.dots |= kBrailleBits[across % dots_across_][down % dots_down_];
    cell.series = series;
}

// As long as the longer side, one dot a step.
void DotCanvas::line(int64_t x0, int64_t y0, int64_t x1, int64_t y1, size_t series) {
    const int64_t steps = std::max<int64_t>(std::max(std::abs(x1 - x0), std::abs(y1 - y0)), 1);
    for (int64_t i = 0; i <= steps; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(steps);
        dot(x0 +
                static_cast<int64_t>(share * static_cast<double>(x1 - x0) + (x1 < x0 ? -0.5 : 0.5)),
            y0 +
                static_cast<int64_t>(share * static_cast<double>(y1 - y0) + (y1 < y0 ? -0.5 : 0.5)),
            series);
    }
}

std::string DotCanvas::cellText(const Cell& cell) const {
    if (cell.dots == 0) {
        return " ";
    }
    if (!braille_) {
        return std::string(1, seriesMark(cell.series));
    }
    // U+2800 to U+28FF in UTF-8.
    return {'\xE2', static_cast<char>(0xA0 | (cell.dots >> 6)),
            static_cast<char>(0x80 | (cell.dots & 0x3F))};
}

std::string DotCanvas::rowText(size_t row, bool color) const {
    std::string out;
    const auto begin = cells_.begin() + static_cast<ptrdiff_t>(row * columns_);
    auto end = begin + static_cast<ptrdiff_t>(columns_);
    while (end != begin && (end - 1)->dots == 0) {
        --end;
    }
    for (auto cell = begin; cell != end;) {
        std::string run;
        const auto first = cell;
        while (cell != end && (cell->dots == 0) == (first->dots == 0) &&
               cell->series == first->series) {
            run += cellText(*cell++);
        }
        out += first->dots == 0 ? run : colored(run, seriesColor(first->series), color);
    }
    return out;
}

}  // namespace evd::evctl
