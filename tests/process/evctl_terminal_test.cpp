// evctl as a person has it: on a terminal, with a live group behind it.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/terminal_session.h"
#include "tests/support/text_file.h"
#include "tests/support/text_search.h"

#include <doctest/doctest.h>
#include <csignal>

namespace test = evd::test;
using test::contains;
using test::evctl;
using test::evctlCommand;
using test::waitForLines;

namespace {

constexpr const char* kTitleSequence = "\x1b]0;";  // sets a terminal's title

std::vector<std::string> environmentOf(const test::StateFolder& state) {
    return {"TERM=xterm-256color",
            "LC_ALL=C.UTF-8",
            "NO_COLOR=",
            "PAGER=cat",
            "XDG_STATE_HOME=" + state.below("xdg"),
            "HOME=" + state.path()};
}

// What one command shows on a terminal.
std::string shown(const test::StateFolder& state, const std::vector<std::string>& arguments) {
    test::TerminalSession session(evctlCommand(state, arguments), environmentOf(state));
    CHECK(session.waitExit() == 0);
    return session.printed();
}

}  // namespace

TEST_CASE("evctl on a terminal: questions are typed, completed from the store, and answered") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    REQUIRE(
        evctl(state, {"emit", "shop.order", "{\"number\": 4711, \"gr\u00f6\u00dfe\": 4}"}).status ==
        0);
    CHECK(waitForLines(state, "EVENTS shop.order", 1));
    test::TerminalSession session(evctlCommand(state, {}), environmentOf(state));
    REQUIRE(session.waitFor("eventd> "));
    session.type("ev\t");
    CHECK(session.waitFor("EVENTS"));
    session.type("sho\t");
    CHECK(session.waitFor("p.order "));
    session.type("SELECT num\t");
    CHECK(session.waitFor("ber "));
    session.type("TAKE\n");
    CHECK(session.waitFor("... "));
    session.type("1\n");
    CHECK(session.waitFor("4711"));
    CHECK(session.waitFor("eventd> "));
    // A word is replaced by its letters, not by its bytes.
    session.type("EVENTS shop.order WHERE gr\u00f6\u00df\t");
    session.type("> 3 COUNT\n");
    CHECK_MESSAGE(session.waitFor("count"), session.printed());
    CHECK(session.waitFor("eventd> "));
    session.type("EVENTS WHERE a = = 1\n");
    CHECK(session.waitFor("column 16"));
    CHECK(session.waitFor("^"));
    CHECK(session.waitFor("eventd> "));
    // Ctrl-C ends what is running and not the session.
    session.type("tail shop.order\n");
    CHECK(session.waitFor("number=4711"));
    session.type("\x03");
    CHECK(session.waitFor("eventd> "));
    session.type("quit\n");
    CHECK(session.waitExit() == 0);
    CHECK(contains(test::readTextFile(state.below("xdg/evctl/history")), "shop.order"));
    CHECK(group.stop() == 0);
}

TEST_CASE(
    "evctl on a terminal: metrics are drawn, counts have bars, and files get the same chart") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    for (const char* value : {"1", "5", "3"}) {
        REQUIRE(evctl(state, {"metric", "test.load", value, "--label", "core=0"}).status == 0);
    }
    REQUIRE(evctl(state, {"log", "shop", "sold out"}).status == 0);
    CHECK(waitForLines(state, "METRIC test.load SINCE 1h ago", 3));
    CHECK(waitForLines(state, "LOGS FROM shop", 1));
    const std::string question = "METRIC test.load[] SINCE 1h ago";
    const std::string chart = shown(state, {question});
    CHECK(contains(chart, "core=0  last 3  least 1  most 5"));
    CHECK(contains(chart, "\u2514"));
    CHECK(contains(shown(state, {question, "--no-plot"}), "timestamp"));
    CHECK_FALSE(contains(evctl(state, {question}).output, "\u2514"));
    CHECK(contains(shown(state, {"LOGS FROM shop COUNT BY origin"}), "\u2588"));
    const std::string svg = state.below("load.svg");
    CHECK(evctl(state, {question, "--svg", svg}).status == 0);
    CHECK(contains(test::readTextFile(svg), "<polyline"));
    const std::string top = shown(state, {"top", "--once"});
    // Stopped by Ctrl-Z it gives the terminal back, and takes it again when it goes on.
    test::TerminalSession stopped(evctlCommand(state, {"top"}), environmentOf(state));
    CHECK(stopped.waitFor("slowest questions"));
    stopped.type("\x1a");
    CHECK(stopped.waitFor("\x1b[?1049l"));
    CHECK(stopped.goOnWhenStopped());
    CHECK(stopped.waitFor("\x1b[?1049h"));
    stopped.type("\x1c");  // Ctrl-backslash
    CHECK(stopped.waitFor("\x1b[?1049l"));
    CHECK(stopped.waitExit() == 0);
    CHECK(contains(top, "eventd-store"));
    CHECK(contains(top, "slowest questions"));
    CHECK(contains(top, question));
    CHECK(group.stop() == 0);
}

TEST_CASE("evctl on a terminal: --heat draws lines of shades, of a histogram its percentiles") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    for (const char* observations : {"0.1,0.1,0.2,0.9", "0.1,0.3,5,5", "2,2,2,2"}) {
        REQUIRE(evctl(state, {"metric", "test.wait", observations, "--type", "histogram"}).status ==
                0);
    }
    for (const char* value : {"1", "5"}) {
        REQUIRE(evctl(state, {"metric", "test.load", value}).status == 0);
    }
    CHECK(waitForLines(state, "METRIC test.wait SINCE 1h ago P50", 3));
    CHECK(waitForLines(state, "METRIC test.load SINCE 1h ago", 2));
    const std::string question = "METRIC test.wait SINCE 1h ago -- how long people wait";
    const std::string svg = state.below("wait.svg");
    const std::string heat = shown(state, {question, "--heat", "--svg", svg});
    for (const char* line : {"test.wait", "P99 \u2591", "\u2588", "P95 ", "P50 \u00B7"}) {
        CHECK_MESSAGE(contains(heat, line), heat);
    }
    CHECK(contains(test::readTextFile(svg), "P95"));
    CHECK(contains(shown(state, {"METRIC test.load SINCE 1h ago", "--heat"}), "\u00B7"));
    // Without SINCE there is one moment, and without --heat what the server says of histograms.
    const auto moment = evctl(state, {"METRIC test.wait", "--heat"});
    CHECK(moment.status == 1);
    const auto plain = evctl(state, {"METRIC test.wait SINCE 1h ago"});
    CHECK(plain.status == 1);
    CHECK(evctl(state, {"METRIC test.wait WERE", "--heat"}).errors ==
          evctl(state, {"METRIC test.wait WERE"}).errors);
    CHECK(group.stop() == 0);
}

TEST_CASE("evctl on a terminal: nothing that was stored speaks to the terminal") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const std::string hostile = std::string("a") + kTitleSequence + "owned\x07" + "b";
    for (const char* value : {"1", "2"}) {
        REQUIRE(evctl(state, {"metric", "evil", value, "--label", "k=" + hostile}).status == 0);
    }
    REQUIRE(evctl(state, {"log", "evil", hostile}).status == 0);
    REQUIRE(evctl(state, {"log", hostile, "text"}).status == 0);
    CHECK(waitForLines(state, "METRIC evil SINCE 1h ago", 2));
    CHECK(waitForLines(state, "LOGS WHERE message == \"text\"", 1));
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"METRIC evil[] SINCE 1h ago"},
                                               {"LOGS SINCE 1h ago COUNT BY message"},
                                               {"LOGS SINCE 1h ago WHERE message == \"text\""},
                                               {"--wrap", "LOGS FROM evil"},
                                               {"top", "--once"}}) {
        const std::string screen = shown(state, arguments);
        CHECK_MESSAGE(contains(screen, "\\x1b]0;owned\\x07"), screen);
        CHECK_FALSE(contains(screen, kTitleSequence));
    }
    CHECK(group.stop() == 0);
}

TEST_CASE("evctl on a terminal: a tail comes back and shows once what it missed") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto emit = [&](int number) {
        const std::string json = evd::base::cat("{\"number\": ", number, "}");
        CHECK(evctl(state, {"emit", "shop.order", json}).status == 0);
    };
    emit(101);
    CHECK(waitForLines(state, "EVENTS shop.order", 1));
    test::TerminalSession session(evctlCommand(state, {"tail", "shop.order"}),
                                  environmentOf(state));
    REQUIRE(session.waitFor("number=101"));
    emit(102);
    REQUIRE(session.waitFor("number=102"));
    REQUIRE(group.signalChild("eventd-queryd", SIGKILL));
    CHECK(session.waitFor("trying again"));
    emit(103);
    CHECK(session.waitFor("connected again"));
    CHECK(session.waitFor("number=103"));
    emit(104);
    CHECK(session.waitFor("number=104"));
    for (const int number : {101, 102, 103, 104}) {
        const std::string shown_once = evd::base::cat("number=", number);
        const size_t first = session.printed().find(shown_once);
        CHECK(session.printed().find(shown_once, first + 1) == std::string::npos);
    }
    session.type("\x03");
    CHECK(session.waitExit() == 128 + SIGINT);  // as a tail is ended
    CHECK(group.stop() == 0);
}
