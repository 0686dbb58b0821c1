#include "queryd/evctl/import/import_lines.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <vector>

using evd::base::cat;
using evd::evctl::ImportLine;
using evd::evctl::ImportLines;
using Texts = std::vector<std::string>;

namespace {

constexpr size_t kMax = 8;

// The lines of a text that comes in pieces of that size, as "number:text", with ! for too long.
Texts cut(std::string_view text, size_t piece) {
    ImportLines lines(kMax);
    Texts seen;
    const auto take = [&](const ImportLine& line) {
        seen.push_back(cat(line.number, line.is_too_long ? "!:" : ":", line.text));
        return evd::base::Result<void>();
    };
    for (size_t at = 0; at < text.size(); at += piece) {
        CHECK(lines.feed(text.substr(at, piece), take).ok());
    }
    CHECK(lines.finish(take).ok());
    return seen;
}

}  // namespace

TEST_CASE("import lines: they are the same however the bytes are cut") {
    const std::string text = "one\r\n\ntwo\n12345678\n123456789\n12345678\r\nlast";
    const Texts wanted = {"1:one",       "2:",         "3:two", "4:12345678",
                          "5!:12345678", "6:12345678", "7:last"};
    for (size_t piece = 1; piece <= text.size(); ++piece) {
        CHECK(cut(text, piece) == wanted);
    }
}

TEST_CASE("import lines: what is longer than the limit is told once, at the end too") {
    const std::string text = std::string(1000, 'x') + "\nok\n" + std::string(9, 'y');
    for (const size_t piece : {1, 7, 8, 9, 10, 11, 2000}) {
        CHECK(cut(text, piece) == Texts{"1!:xxxxxxxx", "2:ok", "3!:yyyyyyyy"});
    }
    CHECK(cut("", 1).empty());
}

TEST_CASE("import lines: the sink ends it") {
    ImportLines lines(kMax);
    const auto refuse = [](const ImportLine&) {
        return evd::base::Result<void>(evd::base::fail(evd::base::ErrorKind::Io, "full"));
    };
    CHECK_FALSE(lines.feed("a\nb\n", refuse).ok());
}
