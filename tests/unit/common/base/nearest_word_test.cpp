#include "common/base/nearest_word.h"

#include <doctest/doctest.h>
#include <array>
#include <string>

namespace evd::base {
namespace {

TEST_CASE("nearest word: the nearest word wins, the first of equals") {
    constexpr std::array<std::string_view, 4> kWords = {"SINCE", "TAKE", "SKIP", "SORT"};
    CHECK(nearestWord("TAEK", kWords) == "TAKE");
    CHECK(nearestWord("tkae", kWords) == "TAKE");
    CHECK(nearestWord("sinc", kWords) == "SINCE");
    CHECK(nearestWord("SIP", kWords) == "SKIP");
    CHECK(nearestWord("SORTT", kWords) == "SORT");
}

TEST_CASE("nearest word: what is too far is nothing") {
    constexpr std::array<std::string_view, 2> kWords = {"SINCE", "TAKE"};
    CHECK(nearestWord("everything", kWords).empty());
    CHECK(nearestWord("", kWords).empty());
    CHECK(nearestWord("5", kWords).empty());
    CHECK(nearestWord(std::string(10'000, 'x'), kWords).empty());
    CHECK(nearestWord("x", {}).empty());
}

}  // namespace
}  // namespace evd::base
