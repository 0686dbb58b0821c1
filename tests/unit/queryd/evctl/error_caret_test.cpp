#include "queryd/evctl/error_caret.h"

#include <doctest/doctest.h>

using evd::evctl::caretLines;

TEST_CASE("caret: it stands under the word that the error means") {
    CHECK(caretLines("EVENTS WHERE sevrity x", "unknown at line 1, column 14, expected", 0) ==
          "  EVENTS WHERE sevrity x\n"
          "               ^~~~~~~\n");
    CHECK(caretLines("EVENTS WHERE a ==", "ends too early at line 1, column 18", 0) ==
          "  EVENTS WHERE a ==\n"
          "                   ^\n");
    CHECK(caretLines("EVENTS\nTAKE x", "no number at line 2, column 6", 0) ==
          "  TAKE x\n"
          "       ^\n");
}

TEST_CASE("caret: columns are characters, wide ones take two places") {
    CHECK(caretLines("EVENTS \"日本\" oops", "at line 1, column 13", 0) ==
          "  EVENTS \"日本\" oops\n"
          "                ^~~~\n");
}

TEST_CASE("caret: what was typed reaches the terminal as text only") {
    CHECK(caretLines("EVENTS \x1b[2J oops", "at line 1, column 13", 0) ==
          "  EVENTS \\x1b[2J oops\n"
          "                 ^~~~\n");
}

TEST_CASE("caret: a line wider than the terminal is shown around the place") {
    const std::string question =
        "EVENTS WHERE " + std::string(100, 'a') + " === bbbb" + std::string(100, 'c');
    const std::string lines = caretLines(question, "at line 1, column 115", 40);
    CHECK(lines.find("...aaa") != std::string::npos);
    CHECK(lines.find('^') < 2 * lines.find('\n'));
    CHECK(lines.find('\n') <= 44);
}

TEST_CASE("caret: where nothing was asked there is nothing to point at") {
    CHECK(caretLines("", "line 1, column 1: no descriptor", 0).empty());
}

TEST_CASE("caret: an error without a place, or with one that is not there, has none") {
    CHECK(caretLines("EVENTS", "nobody answers", 0).empty());
    CHECK(caretLines("EVENTS", "at line 3, column 1", 0).empty());
    CHECK(caretLines("EVENTS", "at line 1, column 99", 0).empty());
    CHECK(caretLines("", "at line 99999999999999999999999, column 1", 0).empty());
}
