#include "queryd/evctl/line_splitter.h"

#include <doctest/doctest.h>
#include <vector>

using evd::evctl::kLogLineBytesMax;
using evd::evctl::LineSplitter;
using Lines = std::vector<std::string>;

namespace {

// The pieces one after the other, and then the end.
Lines linesOf(const Lines& pieces) {
    Lines lines;
    LineSplitter splitter;
    const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
    for (const std::string& piece : pieces) {
        splitter.feed(piece, keep);
    }
    splitter.finish(keep);
    return lines;
}

std::string letters(size_t count) {
    return std::string(count, 'x');
}

}  // namespace

TEST_CASE("line splitter: lines however they are cut, empty ones and the last without its end") {
    CHECK(linesOf({"a\n\nb\r\nc"}) == Lines{"a", "", "b", "c"});
    CHECK(linesOf({"a", "\n", "", "\n", "b\r", "\nc"}) == Lines{"a", "", "b", "c"});
    CHECK(linesOf({""}).empty());
    CHECK(linesOf({"a\n"}) == Lines{"a"});
    CHECK(linesOf({"a\rb\n"}) == Lines{"a\rb"});  // a progress bar is one line
}

TEST_CASE("line splitter: a line is whole up to the limit, above it is several") {
    const std::string whole = letters(kLogLineBytesMax);
    CHECK(linesOf({whole + "\nb\n"}) == Lines{whole, "b"});
    CHECK(linesOf({whole, "\nb"}) == Lines{whole, "b"});
    CHECK(linesOf({whole}) == Lines{whole});
    CHECK(linesOf({whole + "\r\nb"}) == Lines{whole, "b"});
    CHECK(linesOf({whole, "\r", "\n"}) == Lines{whole});
    CHECK(linesOf({whole + "\ry\n"}) == Lines{whole, "\ry"});
    CHECK(linesOf({whole + "\r"}) == Lines{whole, "\r"});
    CHECK(linesOf({whole + "y\n"}) == Lines{whole, "y"});
    CHECK(linesOf({whole, "y", "\n"}) == Lines{whole, "y"});
    CHECK(linesOf({whole + whole + "z"}) == Lines{whole, whole, "z"});
}

TEST_CASE("line splitter: it does not split inside a character") {
    const std::string before = letters(kLogLineBytesMax - 1);
    CHECK(linesOf({before + "\xc3\xa9tail\n"}) == Lines{before, "\xc3\xa9tail"});
    const std::string exact = letters(kLogLineBytesMax - 2) + "\xc3\xa9";
    const Lines lines = linesOf({exact + "tail\n"});
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] + lines[1] == exact + "tail");
}

TEST_CASE("line splitter: bytes that are no text are replaced, not dropped") {
    CHECK(linesOf({"a\xff\n"}) == Lines{"a\xEF\xBF\xBD"});
    size_t replaced = 0;
    for (const std::string& line : linesOf({std::string(kLogLineBytesMax + 5, '\x80')})) {
        CHECK(line.size() <= 3 * kLogLineBytesMax);
        replaced += line.size() / 3;
    }
    CHECK(replaced == kLogLineBytesMax + 5);
}
