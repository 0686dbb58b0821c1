#include "common/base/clock.h"
#include "common/base/text.h"
#include "sandbox/supervisor/crash_log.h"
#include "sandbox/supervisor/output_lines.h"

#include <doctest/doctest.h>
#include <algorithm>

namespace base = evd::base;
namespace supervisor = evd::supervisor;

namespace {

constexpr int64_t kNow = 1'000 * base::kNsPerSecond;

std::vector<std::string> lastOf(const supervisor::OutputLines& lines) {
    return {lines.last().begin(), lines.last().end()};
}

size_t linesIn(const std::string& text) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("output lines: bytes become whole lines, and the end of a program ends the last") {
    supervisor::OutputLines lines("x");
    CHECK(lines.take("one\ntw", kNow) == "one\n");
    CHECK(lines.take("o\n\nthree", kNow) == "two\n\n");
    CHECK(lines.finish(kNow) == "three\n");
    CHECK(lastOf(lines) == std::vector<std::string>{"one", "two", "", "three"});
    CHECK(lines.finish(kNow).empty());
}

TEST_CASE("output lines: the last ones are kept, cut to their limit") {
    supervisor::OutputLines lines("x");
    for (size_t i = 0; i < supervisor::kLastLinesMax + 3; ++i) {
        (void)lines.take(base::cat(i, "\n"), kNow);
    }
    CHECK(lines.last().size() == supervisor::kLastLinesMax);
    CHECK(lines.last().front() == "3");
    const std::string limit(supervisor::kLastLineBytesMax, 'a');
    (void)lines.take(limit + "\n", kNow);
    CHECK(lines.last().back() == limit);
    CHECK(lines.take(limit + "b\n", kNow) == limit + "b\n");
    CHECK(lines.last().back() == limit);
}

TEST_CASE("output lines: a line without end is broken, so that it takes no memory") {
    supervisor::OutputLines lines("x");
    const std::string limit(supervisor::kLineBytesMax, 'a');
    CHECK(lines.take(limit, kNow).empty());
    CHECK(lines.take("b\n", kNow) == limit + "\nb\n");
}

TEST_CASE("output lines: control characters steer nobody's terminal") {
    supervisor::OutputLines lines("x");
    CHECK(lines.take(std::string_view("\x1b[2J\0\x7f\ta\r\xc3\xa9\n", 12), kNow) ==
          "?[2J??\ta?\xc3\xa9\n");
    // The one-byte forms of the same, as UTF-8 and bare: U+009B begins a command, U+009D a title.
    CHECK(lines.take("\xc2\x9b"
                     "2J\xc2\x80\xc2\x9f\xc2\xa0\xe2\x82\xac\n",
                     kNow) == "?2J??\xc2\xa0\xe2\x82\xac\n");
    CHECK(lastOf(lines).back() == "?2J??\xc2\xa0\xe2\x82\xac");
    CHECK(lines.take("a\x9b"
                     "2J\n",
                     kNow) ==
          "a\xef\xbf\xbd"
          "2J\n");
    // Nor does a character that the two halves of a line would make.
    CHECK(lines.take("\xc2", kNow).empty());
    CHECK(lines.take("\x9b\n", kNow) == "?\n");
}

TEST_CASE("output lines: a flood is passed on up to the limit, and what is left out is told") {
    supervisor::OutputLines lines("eventd-x");
    std::string flood;
    for (int i = 0; i < supervisor::kLinesBurstMax; ++i) {
        flood += "y\n";
    }
    CHECK(linesIn(lines.take(flood, kNow)) == supervisor::kLinesBurstMax);
    CHECK(lines.take("one\ntwo\n", kNow).empty());
    CHECK(lines.last().back() == "two");  // for the report of its end
    const int64_t later = kNow + base::kNsPerSecond / supervisor::kLinesPerSecond;
    CHECK(lines.take("three\nfour\n", later) ==
          "eventd: eventd-x says too much, 2 lines were left out\nthree\n");
    CHECK(lines.finish(later) == "eventd: eventd-x said 1 lines more\n");
    const auto rested = lines.take(flood + "z\n", later + 3600 * base::kNsPerSecond);
    CHECK(linesIn(rested) == supervisor::kLinesBurstMax);
}

TEST_CASE("crash log: how it ended, what it said, and why we ended it") {
    supervisor::CrashLog log;
    CHECK(log.record(1, 7, "exited with status 9", {"a", "b"}) == "exited with status 9");
    log.blame("was silent for 5 s");
    log.blame("a later reason");
    CHECK(log.record(2, 8, "was killed by signal 9 (KILL)", {}) ==
          "was silent for 5 s and was killed by signal 9 (KILL)");
    CHECK(log.record(3, 9, "exited with status 1", {}) == "exited with status 1");
    REQUIRE(log.reports().size() == 3);
    CHECK(log.reports()[0].output == std::vector<std::string>{"a", "b"});
    CHECK(log.reports()[0].pid == 7);
    CHECK(log.reports()[1].wall_ns == 2);
}

TEST_CASE("crash log: the newest are kept, and a new incarnation begins without blame") {
    supervisor::CrashLog log;
    for (int i = 0; i < 8; ++i) {
        (void)log.record(i, i, "how", {});
    }
    REQUIRE(log.reports().size() == supervisor::kCrashesKept);
    CHECK(log.reports().front().wall_ns == 3);
    CHECK(log.reports().back().wall_ns == 7);
    log.blame("was silent");
    log.forgive();
    CHECK(log.record(9, 9, "how", {}) == "how");
}
