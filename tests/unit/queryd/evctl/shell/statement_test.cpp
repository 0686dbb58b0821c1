#include "queryd/evctl/shell/statement.h"

#include <doctest/doctest.h>

using evd::evctl::isWhole;
using evd::evctl::questionIn;

TEST_CASE("statement: a question is whole when nothing is open at its end") {
    for (const char* text :
         {"EVENTS", "EVENTS TAKE 5", "LOGS SINCE 5m ago COUNT", "EVENTS WHERE a IN (1, 2)",
          "LOGS CONTAINING \"(\"", "EVENTS WHERE a == \"x\\\"y\"", "EVENTS TAKE 5 -- all of (them",
          "METRIC cpu[core=\"0\"]",
          "EVENTS WHERE ("
          "a = 1;"}) {
        CHECK_MESSAGE(isWhole(text), text);
    }
}

TEST_CASE("statement: it goes on while a bracket, a quote or a clause is open") {
    for (const char* text :
         {"EVENTS WHERE", "EVENTS TAKE", "events where", "EVENTS WHERE a ==", "EVENTS SELECT a,",
          "EVENTS WHERE (a = 1", "LOGS CONTAINING \"open", "METRIC", "METRIC cpu[",
          "EVENTS COUNT BY", "EVENTS \\", "EVENTS WHERE a NOT_IN",
          "METRIC a[] SINCE 1h ago AVG_OVER", "LOGS WITH", "EVENTS WHERE a = 1 AND -- and what?"}) {
        CHECK_MESSAGE(!isWhole(text), text);
    }
}

TEST_CASE("statement: what said that it goes on or is done is no part of the question") {
    CHECK(questionIn(" EVENTS TAKE 5 ; ") == "EVENTS TAKE 5");
    CHECK(questionIn("EVENTS \\\nTAKE 5\n") == "EVENTS  \nTAKE 5");
    CHECK(questionIn(" ;; ").empty());
}
