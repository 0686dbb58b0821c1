#include "queryd/evctl/question_shape.h"

#include <doctest/doctest.h>

using evd::evctl::parseArguments;
using evd::evctl::settleHabits;
using evd::evctl::shapedQuestion;

namespace {

evd::evctl::Arguments settled(const std::vector<std::string>& words) {
    auto arguments = parseArguments(words);
    REQUIRE_MESSAGE(arguments.ok(), (arguments.ok() ? "" : arguments.error().text));
    REQUIRE(settleHabits(arguments.value(), 0).ok());
    return std::move(arguments).value();
}

}  // namespace

TEST_CASE("question shape: options become clauses behind what was typed") {
    const auto typed = settled({"LOGS", "--since", "5m", "--until", "1m", "-n", "50"});
    CHECK(shapedQuestion("LOGS -- all", typed) ==
          "LOGS -- all\nSINCE 300s ago\nUNTIL 60s ago\nTAKE 50");
    CHECK(shapedQuestion("LOGS TAKE 3", typed) == "LOGS TAKE 3\nSINCE 300s ago\nUNTIL 60s ago");
    CHECK(shapedQuestion("LOGS", settled({"LOGS"})) == "LOGS");
}

TEST_CASE("question shape: -o is -f, for those whose habit that is") {
    CHECK(settled({"LOGS", "-o", "json"}).format == "json");
    CHECK_FALSE(parseArguments(std::vector<std::string>{"LOGS", "-o", "xml"}).ok());
}

TEST_CASE("question shape: a question that is followed is a tail") {
    CHECK(settled({"logs", "-f", "-n", "5"}).command == "tail");
    CHECK(settled({"-f"}).command == "tail");
    CHECK(settled({"metricd.start", "-f"}).command == "tail");  // a type of events
    CHECK(settled({"METRICS_LOST", "-f"}).command == "tail");
    CHECK(settled({"tail", "-f", "events"}).words == std::vector<std::string>{"events"});
}

TEST_CASE("question shape: what cannot be followed, and times that are none, are mistakes") {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"METRIC cpu.*", "-f"},
                                               {"--file", "q.txt", "--follow"},
                                               {"-", "--follow"},
                                               {"LOGS", "--since", "then"}}) {
        auto arguments = parseArguments(words);
        REQUIRE(arguments.ok());
        CHECK_FALSE(settleHabits(arguments.value(), 0).ok());
    }
}
