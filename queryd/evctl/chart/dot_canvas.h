#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// A rectangle of terminal cells to draw lines into.
//
// Braille cells have two by four dots each, so that a line looks like one; a cell has the colour of
// who drew into it last. Where braille cannot be shown, or colours cannot tell series apart, a cell
// is one dot and shows the mark of its series. Dots count from the left and from the bottom; what
// lies outside is not drawn. One thread.
class DotCanvas {
  public:
    DotCanvas(size_t columns, size_t rows, bool braille);

    size_t dotsWide() const { return columns_ * dots_across_; }
    size_t dotsHigh() const { return rows_ * dots_down_; }

    void dot(int64_t x, int64_t y, size_t series);
    void line(int64_t x0, int64_t y0, int64_t x1, int64_t y1, size_t series);

    // A row of cells from the top, coloured when wanted, without blanks at its end.
    std::string rowText(size_t row, bool color) const;

  private:
    struct Cell {
        uint8_t dots = 0;
        size_t series = 0;
    };

    std::string cellText(const Cell& cell) const;

    size_t columns_;
    size_t rows_;
    bool braille_;
    size_t dots_across_;
    size_t dots_down_;
    std::vector<Cell> cells_;
};

// The colour of a series on a terminal, and its mark where there are none.
std::string_view seriesColor(size_t series);
char seriesMark(size_t series);

}  // namespace evd::evctl
