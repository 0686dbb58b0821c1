#include "queryd/evctl/shell_command.h"

#include <doctest/doctest.h>

using Words = std::vector<std::string>;

TEST_CASE("shell: the history lies in the person's state folder, or nowhere") {
    const auto environment = [](std::string_view state, std::string_view home) {
        return evd::evctl::historyPath([=](const char* name) {
            const std::string_view value = name == std::string_view("HOME") ? home : state;
            return value.empty() ? std::nullopt : std::optional<std::string>(value);
        });
    };
    CHECK(environment("/x", "/h") == "/x/evctl/history");
    CHECK(environment("relative", "/h") == "/h/.local/state/evctl/history");
    CHECK(environment("", "").empty());
}

TEST_CASE("shell: nothing typed is a mistake in a script, and the shell on a terminal") {
    CHECK_FALSE(evd::evctl::parseArguments(Words{}).ok());
    const auto shell = evd::evctl::parseArguments(Words{"--utc"}, /*on_terminal=*/true);
    REQUIRE(shell.ok());
    CHECK(shell.value().command == evd::evctl::kShellCommand);
    CHECK(evd::evctl::parseArguments(Words{"EVENTS"}, true).value().command == "query");
}
