#include "queryd/evctl/shell/completion_place.h"

#include <doctest/doctest.h>

using evd::evctl::completionPlace;
using evd::evctl::fittingNames;
using Names = std::vector<std::string>;

TEST_CASE("completion: at the beginning stand modes and commands") {
    CHECK(completionPlace("").modes);
    CHECK(completionPlace("ev").modes);
    CHECK(completionPlace("ev").prefix == "ev");
    CHECK_FALSE(completionPlace("EVENTS ").modes);
    CHECK(completionPlace("explain ev").modes);
}

TEST_CASE("completion: behind a mode stands what the store has of it") {
    CHECK(completionPlace("EVENTS pro").event_types);
    CHECK(completionPlace("events pro").event_types);
    CHECK(completionPlace("METRIC cpu").metrics);
    CHECK_FALSE(completionPlace("METRIC cpu").keywords);
    CHECK_FALSE(completionPlace("LOGS ").event_types);
    CHECK(completionPlace("LOGS FROM ss").origins);
    CHECK(completionPlace("LOGS FROM sshd, ke").origins);
    CHECK_FALSE(completionPlace("LOGS FROM sshd ").origins);
}

TEST_CASE("completion: fields stand where fields are named") {
    for (const char* before :
         {"EVENTS a.b WHERE ", "EVENTS a.b WHERE x = 1 AND n", "EVENTS a.b SELECT pid, ",
          "EVENTS a.b COUNT BY ", "EVENTS a.b WHERE (", "EVENTS a.b SORT "}) {
        CHECK_MESSAGE(completionPlace(before).fields, before);
        CHECK_MESSAGE(completionPlace(before).subject == "a.b", before);
    }
    CHECK_FALSE(completionPlace("EVENTS a.b TAKE ").fields);
    CHECK(completionPlace("EVENTS a.b TAKE 5 S").keywords);
}

TEST_CASE("completion: values of names, and conditions on other stores") {
    CHECK(completionPlace("EVENTS WHERE event_type == pro").event_types);
    CHECK(completionPlace("LOGS WHERE origin == \"ss").origins);
    CHECK(completionPlace("LOGS WHERE origin == \"ss").prefix == "\"ss");
    CHECK(completionPlace("LOGS WHERE EVENT pro").event_types);
    CHECK(completionPlace("EVENTS a WHERE METRIC c").metrics);
    CHECK(completionPlace("EVENTS a WHERE LOG s").origins);
}

TEST_CASE("completion: a name fits by its beginning, letters folded, once and in order") {
    CHECK(fittingNames({"b.x", "B.a", "c", "b.x"}, "b.") == Names{"B.a", "b.x"});
    CHECK(fittingNames({"my app"}, "my") == Names{"\"my app\""});
    CHECK(fittingNames({"sshd"}, "\"ss") == Names{"\"sshd\""});
}

TEST_CASE("completion: names that would do something to a terminal are not offered") {
    CHECK(fittingNames({"a\x1b[2J", "a\u202Eb", "a\"b", "a\\b", "", "ok"}, "").size() == 1);
}
