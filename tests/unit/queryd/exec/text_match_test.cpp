#include "queryd/exec/text_match.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {

TEST_CASE("text match: order folds ASCII letters and is by bytes") {
    CHECK(compareFolded("abc", "ABC") == 0);
    CHECK(compareFolded("a", "B") < 0);
    CHECK(compareFolded("Z", "_") > 0);  // folded: z
    CHECK(compareFolded("a", "ab") < 0);
    CHECK(compareFolded("\xC3", "a") > 0);
    CHECK(compareFolded(std::string_view("a\0b", 3), std::string_view("A\0C", 3)) < 0);
}

TEST_CASE("text match: beginnings, ends and parts") {
    CHECK(startsWithFolded("Hello", "hE"));
    CHECK_FALSE(startsWithFolded("He", "Hel"));
    CHECK(endsWithFolded("Hello", "LLO"));
    CHECK_FALSE(endsWithFolded("lo", "llo"));
    CHECK(containsFolded("Hello", "ELL"));
    CHECK(containsFolded("", ""));
    CHECK(containsFolded("x", ""));
    CHECK_FALSE(containsFolded("", "x"));
    CHECK(containsFolded(std::string_view("a\0b", 3), std::string_view("\0B", 2)));
}

TEST_CASE("text match: a star stands for any number of any characters") {
    CHECK(matchesGlob("kacs.access.denied", "kacs.*.DENIED"));
    CHECK(matchesGlob("abc", "*"));
    CHECK(matchesGlob("", "*"));
    CHECK(matchesGlob("", "***"));
    CHECK(matchesGlob("abc", "a**c"));
    CHECK(matchesGlob("abcbc", "*bc"));
    CHECK(matchesGlob("aXbXc", "a*b*c"));
    CHECK_FALSE(matchesGlob("abcx", "*bc"));
    CHECK_FALSE(matchesGlob("", "a"));
    CHECK_FALSE(matchesGlob("abc", ""));
    CHECK_FALSE(matchesGlob("abc", "a?c"));
    CHECK(matchesGlob("a*c", "a*c"));
}

TEST_CASE("text match: many stars take no exponential time") {
    std::string pattern;
    for (int i = 0; i < 200; ++i) {
        pattern += "*a";
    }
    CHECK_FALSE(matchesGlob(std::string(20'000, 'a') + "b", pattern));
}

}  // namespace evd::queryd
