#include "queryd/plan/text_pattern.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto compiled = TextPattern::compile(pattern);
    REQUIRE(compiled.ok());
    return compiled.value()->matches(text);
}

}  // namespace

TEST_CASE("text pattern: found anywhere, unless it is anchored") {
    CHECK(matches("b+", "abbc"));
    CHECK_FALSE(matches("^b+", "abbc"));
    CHECK(matches("^$", ""));
    CHECK(matches("", "anything"));
}

TEST_CASE("text pattern: ASCII letters fold, and letters beyond ASCII do not") {
    CHECK(matches("HeLLo", "say hello"));
    CHECK(matches("[a-c]x", "BX"));
    CHECK(matches("\xC3\xA9", "caf\xC3\xA9"));
    CHECK_FALSE(matches("\xC3\xA9", "CAF\xC3\x89"));  // Ruling Q3
    CHECK(matches("a\xC3\xA9+b",
                  "A\xC3\xA9\xC3\xA9"
                  "B"));
}

TEST_CASE("text pattern: classes, escapes and quotes keep their meaning") {
    CHECK(matches("[]a]\xC3\xA9", "]\xC3\xA9"));
    CHECK(matches("[^]]x", "ax"));
    CHECK(matches("[[:digit:]\xC3\xA9]z", "\xC3\xA9z"));
    CHECK(matches("\\Q(\xC3\xA9\\E", "(\xC3\xA9"));
    CHECK(matches("\\[\xC3\xA9", "[\xC3\xA9"));
    CHECK(matches("[\\]\xC3\xA9]y", "]y"));
}

TEST_CASE("text pattern: what is none is refused with the reason") {
    for (const char* broken : {"a(b", "[z-a]", "[abc", "\\", "\\Q\\", "*", "(?P<n", "a{2000}"}) {
        CAPTURE(broken);
        const auto compiled = TextPattern::compile(broken);
        CHECK((compiled.ok() || !compiled.error().text.empty()));
    }
    CHECK(TextPattern::compile("a(b").error().kind == base::ErrorKind::Invalid);
}

TEST_CASE("text pattern: length and memory have a limit") {
    CHECK(TextPattern::compile(std::string(kPatternBytesMax, 'a')).ok());
    CHECK_FALSE(TextPattern::compile(std::string(kPatternBytesMax + 1, 'a')).ok());
    CHECK_FALSE(TextPattern::compile("((((a{30}){30}){30}){30})").ok());
}

TEST_CASE("text pattern: bytes that are no UTF-8 do no harm") {
    CHECK_FALSE(matches("^a.b$",
                        "a\xFF"
                        "b"));
    CHECK(matches("b",
                  "\xFF\xFE"
                  "b"));
}

}  // namespace evd::queryd
