// A tail against servers that break off: what it asks the next time, and when there is none.

#include "queryd/evctl/tail_command.h"

#include "common/base/text.h"
#include "queryd/evctl/question_shape.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_query_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"
#include "tests/support/timed_record.h"

#include <doctest/doctest.h>
#include <fcntl.h>

using evd::test::FakeClock;
using evd::test::recordAt;
using evd::test::ScriptedConversation;
using Words = std::vector<std::string>;

namespace {

constexpr int64_t kNow = FakeClock::kStartWallNs;

// What a tail of these words asked, and what came of it, of a server that answers as scripted.
struct Tailed {
    Tailed(const Words& words, const evd::test::ScriptedQueryServer::Serve& serve,
           const char* output_path = "/dev/null")
        : output_file(::open(output_path, O_WRONLY | O_CLOEXEC)), output(output_file.get()) {
        auto parsed = evd::evctl::parseArguments(words);
        REQUIRE(parsed.ok());
        REQUIRE(evd::evctl::settleHabits(parsed.value(), kNow).ok());
        arguments = std::move(parsed).value();
        const evd::config::SocketPaths sockets{folder / "query.sock", "", "", "", "", "", "", ""};
        const evd::evctl::SessionContext context{arguments, sockets, clock, output};
        const evd::test::ScriptedQueryServer server(
            sockets.query, [&](size_t turn, ScriptedConversation& conversation) {
                asked.push_back(conversation.request());
                serve(turn, conversation);
            });
        const auto ended = evd::evctl::runTail(context);
        text = ended.ok() ? "" : ended.error().text;
    }

    evd::test::TemporaryDirectory folder;
    FakeClock clock;
    evd::evctl::Arguments arguments;
    evd::base::Fd output_file;
    evd::evctl::OutputStream output;
    Words asked;
    std::string text;  // why it ended
};

// Two connections, the second of which refuses, so that the tail ends.
void breakOnce(size_t turn, ScriptedConversation& conversation) {
    if (turn == 0) {
        conversation.records({recordAt(kNow, "a")});
        conversation.status("watch");
    } else {
        conversation.error("enough");
    }
}

}  // namespace

TEST_CASE("tail: after a break it means the same moments as at its beginning") {
    const Tailed by_option({"tail", "-S", "1m", "logs"}, breakOnce);
    REQUIRE(by_option.asked.size() == 2);
    const std::string moment = R"(SINCE \"2025-12-31T23:59:00)";
    CHECK(by_option.asked[0].find(moment) != std::string::npos);
    CHECK(by_option.asked[1].find(moment) != std::string::npos);

    const Tailed by_clause({"tail", "LOGS since 1m ago"}, breakOnce);
    REQUIRE(by_clause.asked.size() == 2);
    CHECK(by_clause.asked[0].find("since 1m ago") != std::string::npos);
    CHECK(by_clause.asked[1].find(R"(since \"2025-12-31T23:59:00)") != std::string::npos);
}

TEST_CASE("tail: only a SINCE that moves with the clock is given its moment") {
    const auto fixed = [](const std::string& text) {
        return evd::evctl::withFixedSince(text, kNow);
    };
    CHECK(fixed("LOGS SINCE today TAKE 3") ==
          R"(LOGS SINCE "2026-01-01T00:00:00.000000000Z" TAKE 3)");
    for (const std::string text : {"LOGS", "LOGS SINCE 2026-01-01", "LOGS WHERE since == today",
                                   "LOGS FROM \"SINCE 1m ago\"", "LOGS SINCE"}) {
        CHECK(fixed(text) == text);
    }
}

TEST_CASE("tail: a record of the future does not hide what comes after a break") {
    const Tailed tailed({"tail", "logs"}, [](size_t turn, ScriptedConversation& conversation) {
        if (turn == 0) {
            conversation.records({recordAt(INT64_C(4'102'444'800'000'000'000), "of 2100")});
        }
        breakOnce(turn, conversation);
    });
    REQUIRE(tailed.asked.size() == 2);
    CHECK(tailed.asked[1].find("timestamp >= 1767225590000000000") != std::string::npos);
}

TEST_CASE("tail: an output that cannot be written ends it") {
    const Tailed tailed(
        {"tail", "logs"},
        [](size_t turn, ScriptedConversation& conversation) {
            breakOnce(turn, conversation);
            conversation.waitForEnd();
        },
        "/dev/full");
    CHECK(tailed.asked.size() == 1);
    CHECK(tailed.text.find("cannot write standard output") != std::string::npos);
}
