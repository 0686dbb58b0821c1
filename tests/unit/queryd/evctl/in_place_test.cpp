#include "queryd/evctl/in_place.h"

#include <doctest/doctest.h>

using evd::evctl::inPlace;

TEST_CASE("in place: each line clears what stood behind it, and the last line stays free") {
    CHECK(inPlace("a\nb\nc", 3, 0) == "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
    CHECK(inPlace("a\nb\nc", 0, 0) == "\x1b[Ha\x1b[K\nb\x1b[K\nc\x1b[K\n\x1b[J");
    CHECK(inPlace("", 5, 0) == "\x1b[H\x1b[K\n\x1b[J");
}

TEST_CASE("in place: what the screen is too narrow for is cut") {
    CHECK(inPlace("abcdef", 5, 3) == "\x1b[Hab\u2026\x1b[K\n\x1b[J");
}
