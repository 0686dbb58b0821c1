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

TEST_CASE("text match: a part is found at every place of texts of every length") {
    // Around the width of a block, at its borders and across them.
    for (size_t length = 1; length <= 70; ++length) {
        for (const std::string part : {"x", "xy", "x--y", "x----------------y"}) {
            for (size_t place = 0; place + part.size() <= length; ++place) {
                std::string text(length, 'X');  // as the first letter, so that it tempts
                text.replace(place, part.size(), part);
                CAPTURE(length);
                CAPTURE(place);
                CHECK(containsFolded(text, part));
                CHECK(findFolded(text, part) == (part == "x" ? 0 : place));
                text[place + part.size() - 1] = '!';
                CHECK(containsFolded(text, part) == (part == "x" && length > 1));
            }
        }
    }
}

TEST_CASE("text match: only letters fold") {
    CHECK_FALSE(containsFolded("aaaaaaaaaaaaaaaaaaaa@", "`"));
    CHECK_FALSE(containsFolded("aaaaaaaaaaaaaaaaaaaa[", "{"));
    CHECK(containsFolded("aaaaaaaaaaaaaaaaaaaaZ", "z"));
    CHECK_FALSE(containsFolded("aaaaaaaaaaaaaaaaaaaa\xC3\x89", "\xC3\xA9"));
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
