// From emit to answer through the real programs, as a person uses them.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/raw_query.h"
#include "tests/support/terminal_session.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <algorithm>

namespace test = evd::test;
using test::evctl;

namespace {

// Asks until the answer has that many lines; stores take a moment.
std::string answerWithLines(const test::StateFolder& state, const std::string& question,
                            ptrdiff_t lines) {
    std::string output;
    const bool is_answered = test::waitUntil(test::kPatienceMs, [&] {
        const auto answer = test::ask(state, question);
        CHECK(answer.status == 0);
        output = answer.output;
        return std::count(output.begin(), output.end(), '\n') == lines;
    });
    CHECK_MESSAGE(is_answered, "no answer with ", lines, " lines to: ", question);
    return output;
}

// The first line that begins with that word, "" when there is none.
std::string_view lineOf(std::string_view text, std::string_view word) {
    for (const std::string_view line : evd::base::split(text, '\n')) {
        if (line.starts_with(word) && line.substr(word.size()).starts_with(' ')) {
            return line;
        }
    }
    return "";
}

}  // namespace

TEST_CASE("question: what evctl emits, evctl finds, with its types intact") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto emitted =
        evctl(state, {"emit", "shop.order", "-"},
              "{\"id\": 9007199254740993, \"total\": 12.5, \"user\": {\"name\": \"Ann\"}}\n"
              "{\"id\": 2, \"total\": null, \"tags\": [1, \"two\"]}\n");
    CHECK(emitted.status == 0);
    const auto big = answerWithLines(
        state, "EVENTS shop.order WHERE user.name == \"ann\" SELECT id, total, user.name", 1);
    CHECK(big == "{\"id\":9007199254740993,\"total\":12.5,\"user.name\":\"Ann\"}\n");
    const auto second = answerWithLines(state, "EVENTS shop.order WHERE id == 2 SELECT tags", 1);
    CHECK(second == "{\"tags\":[1,\"two\"]}\n");
    const auto counted = answerWithLines(state, "EVENTS shop.* COUNT BY event_type", 1);
    CHECK(counted == "{\"count\":2,\"event_type\":\"shop.order\"}\n");
}

TEST_CASE("question: both transports give the same answer") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    REQUIRE(evctl(state, {"emit", "twin.event", "{\"a\": 1, \"b\": [true, null]}"}).status == 0);
    const auto over_msgpack = answerWithLines(state, "EVENTS twin.event", 1);
    const auto over_rpc =
        evctl(state, {"--rpc", state.below("run/rpc.sock"), "-f", "jsonl", "EVENTS twin.event"});
    CHECK(over_rpc.status == 0);
    CHECK(over_rpc.output == over_msgpack);
}

TEST_CASE("question: an error is one line on stderr, exit 1, and nothing on stdout") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto wrong = evctl(state, {"EVENTS SINCE yesteryear"});
    CHECK(wrong.status == 1);
    CHECK(wrong.output.empty());
    CHECK(std::count(wrong.errors.begin(), wrong.errors.end(), '\n') == 1);
    CHECK(wrong.errors.find("column 14") != std::string::npos);
    CHECK(evctl(state, {"--no-such-option"}).status == 2);
}

TEST_CASE("question: without a group the error says what to do") {
    const test::StateFolder state;
    const auto answer = evctl(state, {"EVENTS TAKE 1"});
    CHECK(answer.status == 1);
    CHECK(answer.output.empty());
    CHECK(answer.errors.find("eventd") != std::string::npos);
}

TEST_CASE("question: a stream delivers what comes after it began") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    REQUIRE(evctl(state, {"emit", "live.event", "{\"n\": 1}"}).status == 0);
    (void)answerWithLines(state, "EVENTS live.event", 1);
    test::RawQuery stream(state.below("run/query.sock"));
    REQUIRE(stream.send("EVENTS live.event STREAM"));
    const auto initial = stream.receive(test::kPatienceMs);
    REQUIRE(initial.has_value());
    CHECK(initial->status == "ok");
    CHECK(initial->record_count == 1);
    REQUIRE(evctl(state, {"emit", "live.event", "{\"n\": 2}"}).status == 0);
    const auto live = stream.receive(test::kPatienceMs);
    REQUIRE(live.has_value());
    CHECK(live->record_count == 1);
    CHECK(group.stop() == 0);
    const auto farewell = stream.receive(test::kPatienceMs);
    CHECK((!farewell.has_value() || farewell->status == "error"));
}

TEST_CASE("question: status shows every process and the ring") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    // What they measure comes with their heartbeats.
    test::CommandResult status;
    CHECK_MESSAGE(test::waitUntil(test::kPatienceMs,
                                  [&] {
                                      status = evctl(state, {"status"});
                                      CHECK(status.status == 0);
                                      return status.output.find("fill_percent") !=
                                             std::string::npos;
                                  }),
                  status.output);
    CHECK(lineOf(status.output, "ring") != "");
    for (const char* name : {"eventd-store", "eventd-queryd", "eventd-ingest", "eventd-kmesd",
                             "eventd-collector", "eventd-sensor"}) {
        CAPTURE(name);
        CHECK(lineOf(status.output, name).find(" running ") != std::string::npos);
    }
}

TEST_CASE("question: processes that really started are there, with secrets hidden") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    // Lives until it has been seen: what has ended has no command line any more.
    test::TerminalSession process(
        {"/bin/sh", "-c", "read line", "evd-marker", "--password", "hunter2"}, {});
    const auto seen = answerWithLines(
        state,
        "EVENTS process.exec SINCE 5m ago WHERE command_line CONTAINS \"evd-marker\" "
        "AND name == \"sh\" SELECT name, command_line TAKE 5",
        1);
    CHECK(seen.find("\"name\":\"sh\"") != std::string::npos);
    CHECK(seen.find("hunter2") == std::string::npos);
    process.type("\n");
    CHECK(process.waitExit() == 0);
}
