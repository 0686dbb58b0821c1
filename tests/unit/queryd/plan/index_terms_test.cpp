#include "queryd/plan/index_terms.h"

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"

#include <doctest/doctest.h>
#include <string_view>

namespace evd::queryd {

namespace {

std::vector<std::vector<IndexTerm>> termsOf(std::string_view where) {
    const auto query = parseQuery(base::cat("EVENTS WHERE ", where));
    REQUIRE(query.ok());
    return indexTerms(planQuery(query.value(), 0).value());
}

}  // namespace

TEST_CASE("index terms: equality and membership are values, as msgpack_extract has them") {
    const auto parts = termsOf("a IN (1, 18446744073709551615, 0.5, true, x\"61\", \"Ab\")");
    REQUIRE(parts.size() == 1);
    REQUIRE(parts[0].size() == 1);
    const IndexTerm& term = parts[0][0];
    REQUIRE(term.values.size() == 5);
    CHECK(term.values[0].integer == 1);
    CHECK(term.values[1].kind == SqlParameter::Kind::Float);
    CHECK(term.values[1].floating == 18446744073709551616.0);
    CHECK(term.values[2].floating == 0.5);
    CHECK(term.values[3].integer == 1);
    CHECK(term.values[4].bytes == "a");
    CHECK(term.folded == std::vector<std::string>{"Ab"});
}

TEST_CASE("index terms: ranges are inclusive, because indexes round") {
    const auto parts = termsOf("a < 18446744073709551615 AND b > 5");
    REQUIRE(parts.size() == 2);
    CHECK(parts[0][0].greatest->floating == 18446744073709551616.0);
    CHECK_FALSE(parts[0][0].least);
    CHECK(parts[1][0].least->integer == 5);
}

TEST_CASE("index terms: two bounds of one field are one range") {
    const auto parts = termsOf("a >= 5 AND b == 1 AND a < 9");
    REQUIRE(parts.size() == 2);
    REQUIRE(parts[0].size() == 1);
    CHECK(parts[0][0].least->integer == 5);
    CHECK(parts[0][0].greatest->integer == 9);
    CHECK_FALSE(parts[1][0].isRange());
    const auto within = termsOf("b == 1 OR (a >= 5 AND a < 9)");
    REQUIRE(within.size() == 1);
    REQUIRE(within[0].size() == 2);
    CHECK(within[0][1].least->integer == 5);
    CHECK(within[0][1].greatest->integer == 9);
}

TEST_CASE("index terms: bounds of different fields, of one side, or of an OR are not joined") {
    CHECK(termsOf("a >= 5 AND b < 9").size() == 2);
    const auto one_side = termsOf("a >= 5 AND a > 7");
    REQUIRE(one_side.size() == 1);
    CHECK(one_side[0][0].least->integer == 5);
    CHECK_FALSE(one_side[0][0].greatest);
    const auto either = termsOf("(a >= 5 OR b == 1) AND a < 9");
    REQUIRE(either.size() == 2);
    CHECK_FALSE(either[0][0].greatest);
    CHECK_FALSE(either[1][0].least);
}

TEST_CASE("index terms: an OR needs an index for each part, an AND inside it for one") {
    CHECK(termsOf("a == 1 OR b == 2").front().size() == 2);
    CHECK(termsOf("a == 1 OR (b == 2 AND c != 3)").front().size() == 2);
    CHECK(termsOf("a == 1 OR b != 2").empty());
}

TEST_CASE("index terms: what an index cannot answer has none") {
    for (const char* where :
         {"a != 1", "a NOT_IN (1)", "a IS NULL", "a IS NOT NULL", "a CONTAINS \"b\"", "a HAS 1",
          "NOT (a == 1)", "timestamp == 5", "event_type == \"a\"", "process_guid == \"nobody\""}) {
        CAPTURE(where);
        CHECK(termsOf(where).empty());
    }
}

TEST_CASE("index terms: header columns are looked up as they are stored") {
    const auto parts =
        termsOf("process_guid == {00000007-0000-0000-0000-000000000000} AND cpu_id == 3");
    REQUIRE(parts.size() == 2);
    CHECK(parts[0][0].values.front().bytes.size() == 16);
    CHECK(parts[1][0].values.front().integer == 3);
}

// Ruling Q3.
TEST_CASE("next spelling: the least one that is not before") {
    CHECK(nextSpelling("ab-1", "") == "AB-1");
    CHECK(nextSpelling("ab-1", "AB-1") == "AB-1");
    CHECK(nextSpelling("ab-1", std::string_view("AB-1\0", 5)) == "Ab-1");
    CHECK(nextSpelling("ab-1", "Ab-2") == "aB-1");
    CHECK(nextSpelling("ab-1", "C") == "aB-1");
    CHECK(nextSpelling("ab-1", "ab-1") == "ab-1");
    CHECK_FALSE(nextSpelling("ab-1", "ab-10"));
    CHECK_FALSE(nextSpelling("ab-1", "b"));
    CHECK(nextSpelling("", "") == "");
    CHECK_FALSE(nextSpelling("", "a"));
    CHECK_FALSE(nextSpelling("7", "8"));
    CHECK(nextSpelling("\xC3\xA4z", "\xC3\xA4Z!") == "\xC3\xA4z");
}

}  // namespace evd::queryd
