#include "queryd/evctl/output/column_fit.h"

#include <doctest/doctest.h>

using evd::evctl::ColumnNeed;
using evd::evctl::fitColumns;
using Needs = std::vector<ColumnNeed>;
using Widths = std::vector<size_t>;

TEST_CASE("column fit: what fits, or has no limit, is left alone") {
    const Needs needs = {{10, true, 0}, {300, false, 0}, {5, false, 7}};
    CHECK(fitColumns(needs, 0) == Widths{10, 300, 5});
    CHECK(fitColumns(Needs{{10, true, 0}, {8, false, 3}}, 20) == Widths{10, 8});
}

TEST_CASE("column fit: columns that nobody looks at go first, the highest rank before others") {
    const Needs needs = {{26, true, 0}, {50, false, 0}, {38, false, 7}, {5, false, 2}};
    CHECK(fitColumns(needs, 80) == Widths{26, 45, 0, 5});
    CHECK(fitColumns(needs, 70) == Widths{26, 42, 0, 0});
}

TEST_CASE("column fit: the widest are cut evenly, times and numbers never") {
    CHECK(fitColumns(Needs{{26, true, 0}, {100, false, 0}, {10, false, 0}}, 80) ==
          Widths{26, 40, 10});
    CHECK(fitColumns(Needs{{40, false, 0}, {40, false, 0}}, 42) == Widths{20, 20});
    CHECK(fitColumns(Needs{{40, false, 0}, {40, false, 0}}, 43) == Widths{21, 20});
}

TEST_CASE("column fit: when nothing more can be cut the rightmost are hidden, but one") {
    CHECK(fitColumns(Needs{{20, true, 0}, {20, true, 0}, {20, false, 0}}, 30) == Widths{20, 0, 0});
    CHECK(fitColumns(Needs{{20, true, 0}, {20, true, 0}}, 25) == Widths{20, 0});
    CHECK(fitColumns(Needs{{50, true, 0}}, 10) == Widths{50});
    CHECK(fitColumns(Needs{}, 10).empty());
}
