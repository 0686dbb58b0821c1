#include "queryd/evctl/typed_arguments.h"

#include <doctest/doctest.h>

using evd::evctl::Arguments;
using evd::evctl::typedArguments;
using Words = std::vector<std::string>;

TEST_CASE("shell: a text is a question unless it begins with a command") {
    CHECK(typedArguments({}, "EVENTS TAKE 5").command == "query");
    CHECK(typedArguments({}, "EVENTS TAKE 5").words == Words{"EVENTS TAKE 5"});
    CHECK(typedArguments({}, "explain EVENTS\nTAKE 5").command == "explain");
    CHECK(typedArguments({}, "explain EVENTS\nTAKE 5").words == Words{"EVENTS\nTAKE 5"});
    CHECK(typedArguments({}, "tail").words.empty());
    CHECK(typedArguments({}, "config  get Users").words == Words{"get", "Users"});
    CHECK(typedArguments({}, "log shop sold  out").words == Words{"shop", "sold  out"});
    CHECK(typedArguments({}, "emit a.b {\"n\": 1}").words == Words{"a.b", "{\"n\": 1}"});
}

TEST_CASE("shell: what the session was started with holds for each question") {
    Arguments session;
    session.state = "/s";
    session.since = "5m";
    CHECK(typedArguments(session, "LOGS").state == "/s");
    CHECK(typedArguments(session, "LOGS").since.empty());
}
