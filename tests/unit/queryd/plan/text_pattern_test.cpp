#include "queryd/plan/text_pattern.h"

#include "common/base/text.h"
#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

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

TEST_CASE("text pattern: letters beyond ASCII do not fold between \\Q and \\E either (Ruling Q3)") {
    CHECK(matches("\\Q\xC3\xA9\\E", "caf\xC3\xA9"));
    CHECK_FALSE(matches("\\Q\xC3\xA9\\E", "CAF\xC3\x89"));
    CHECK_FALSE(matches("\\Q\xC3\xA9", "CAF\xC3\x89"));  // an open end is one too
    CHECK(matches("^\\Qa.\xC3\xA9(b\\E$", "A.\xC3\xA9(B"));
    CHECK(matches("^\\Q\\\xC3\xA9\\E$", "\\\xC3\xA9"));
    CHECK(matches("^\\Qa\xC3\xA9\\E{2}$", "A\xC3\xA9\xC3\xA9"));  // the last letter, as ever
    CHECK_FALSE(matches("^\\Qa.\xC3\xA9\\E$", "ab\xC3\xA9"));
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

// Some get a copy of their own, the others share one.
TEST_CASE("text pattern: more threads than there are copies match at once") {
    const auto compiled = TextPattern::compile("n[e]+dle [0-9]+");
    REQUIRE(compiled.ok());
    std::array<int, kPatternCopiesMax + 3> found{};
    {
        std::vector<std::unique_ptr<base::Thread>> threads;  // joined in the end
        for (int& count : found) {
            threads.push_back(std::make_unique<base::Thread>("match", [&count, &compiled] {
                for (int i = 0; i < 500; ++i) {
                    const std::string text =
                        i % 2 == 0 ? base::cat("a Needle ", i) : std::string("hay");
                    count += compiled.value()->matches(text) ? 1 : 0;
                }
            }));
        }
    }
    CHECK(std::ranges::all_of(found, [](int count) { return count == 250; }));
}

}  // namespace evd::queryd
