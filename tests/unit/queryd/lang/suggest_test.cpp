#include "queryd/lang/suggest.h"

#include <doctest/doctest.h>
#include <array>
#include <string>

using evd::queryd::nearestWord;

TEST_CASE("suggest: the nearest word wins, the first of equals") {
    constexpr std::array<std::string_view, 4> kWords = {"SINCE", "TAKE", "SKIP", "SORT"};
    CHECK(nearestWord("TAEK", kWords) == "TAKE");
    CHECK(nearestWord("tkae", kWords) == "TAKE");
    CHECK(nearestWord("sinc", kWords) == "SINCE");
    CHECK(nearestWord("SIP", kWords) == "SKIP");
    CHECK(nearestWord("SORTT", kWords) == "SORT");
}

TEST_CASE("suggest: what is too far is nothing") {
    constexpr std::array<std::string_view, 2> kWords = {"SINCE", "TAKE"};
    CHECK(nearestWord("everything", kWords).empty());
    CHECK(nearestWord("", kWords).empty());
    CHECK(nearestWord("5", kWords).empty());
    CHECK(nearestWord(std::string(10'000, 'x'), kWords).empty());
    CHECK(nearestWord("x", {}).empty());
}
