#include "queryd/lang/parser.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::queryd {

namespace {

Query parsed(std::string_view text) {
    auto query = parseQuery(text);
    INFO("question: ", std::string(text));
    if (!query.ok()) {
        INFO("error: ", query.error().text);
        REQUIRE(query.ok());
    }
    return std::move(query).value();
}

std::string errorOf(std::string_view text) {
    const auto query = parseQuery(text);
    return query.ok() ? std::string() : query.error().text;
}

std::string nested(uint32_t depth) {
    return "EVENTS WHERE " + std::string(depth, '(') + "a == 1" + std::string(depth, ')');
}

std::string listOf(size_t count) {
    std::string list = "1";
    for (size_t i = 1; i < count; ++i) {
        list += ",1";
    }
    return list;
}

}  // namespace

TEST_CASE("parser: every clause of EVENTS") {
    const Query query = parsed(
        "EVENTS kacs.* SINCE 1h ago UNTIL today WHERE a == 1 AND b != \"x\" WHERE c IS NULL "
        "SELECT a, b SORT a DESC, b SKIP 2 TAKE 0x10 STREAM");
    CHECK(query.mode == Mode::Events);
    CHECK(*query.type_pattern == "kacs.*");
    CHECK(query.since->kind == TimePoint::Kind::Ago);
    CHECK(query.until->kind == TimePoint::Kind::Today);
    REQUIRE(query.where.size() == 2);
    CHECK(query.where[0].kind == Predicate::Kind::And);
    CHECK(query.where[1].op == CompareOperator::IsNull);
    CHECK(query.select.size() == 2);
    CHECK(query.sort[0].descending);
    CHECK_FALSE(query.sort[1].descending);
    CHECK(*query.skip == 2);
    CHECK(*query.take == 16);
    CHECK(query.stream);
}

TEST_CASE("parser: every clause of LOGS") {
    const Query query = parsed(
        "LOGS FROM loregd, \"my service\" ERROR ONLY CONTAINING \"refused\" WITH CONTEXT 3 "
        "SINCE 2026-01-01 TOP 5 BY origin");
    CHECK(query.mode == Mode::Logs);
    CHECK(query.origins == std::vector<std::string>{"loregd", "my service"});
    CHECK(query.errors_only);
    CHECK(*query.containing == "refused");
    CHECK(*query.context_lines == 3);
    CHECK(query.aggregation->kind == Aggregation::Kind::Top);
    CHECK(query.aggregation->top == 5);
}

TEST_CASE("parser: every clause of METRIC") {
    const Query query = parsed(
        "METRIC http.*[method=\"GET\", code != 200, host STARTS_WITH sd, x IN (1,2)] "
        "RATE SUM SUM_OVER 5m SINCE 1d ago WHERE value > 1.5 WHERE EVENT kacs.* EXISTS TAKE 1");
    CHECK(query.metric.name == "http.*");
    CHECK(query.metric.brackets);
    REQUIRE(query.metric.labels.size() == 4);
    CHECK(query.metric.labels[0].op == CompareOperator::Equal);
    CHECK(*query.value_function == ValueFunction::Rate);
    CHECK(*query.series_function == SeriesFunction::Sum);
    CHECK(query.window->function == SeriesFunction::Sum);
    CHECK(query.window->duration_ns == 300'000'000'000);
    CHECK(query.where[1].kind == Predicate::Kind::EventExists);
    CHECK(parsed("METRIC cpu[]").metric.brackets);
    CHECK_FALSE(parsed("METRIC cpu").metric.brackets);
}

TEST_CASE("parser: conditions on other stores") {
    const Query query = parsed(
        "EVENTS SINCE 1h ago WHERE METRIC cpu[core=\"0\"] >= 80 AND "
        "(LOG loregd CONTAINING \"x\" EXISTS OR LOG peinit EXISTS)");
    const Predicate& all = query.where[0];
    CHECK(all.children[0].kind == Predicate::Kind::MetricCondition);
    CHECK(all.children[0].subject == "cpu");
    CHECK(all.children[0].op == CompareOperator::GreaterOrEqual);
    CHECK(all.children[1].kind == Predicate::Kind::Or);
    CHECK(*all.children[1].children[0].containing == "x");
    CHECK_FALSE(all.children[1].children[1].containing);
}

TEST_CASE("parser: AND binds tighter than OR, NOT stands before parentheses") {
    const Query query = parsed("EVENTS WHERE a == 1 OR b == 2 AND NOT (c == 3 OR not == 4)");
    const Predicate& any = query.where[0];
    REQUIRE(any.kind == Predicate::Kind::Or);
    REQUIRE(any.children[1].kind == Predicate::Kind::And);
    CHECK(any.children[1].children[1].kind == Predicate::Kind::Not);
}

TEST_CASE("parser: nesting is bounded") {
    CHECK(parseQuery(nested(kConditionDepthMax)).ok());
    CHECK(errorOf(nested(kConditionDepthMax + 1)).find("deeper") != std::string::npos);
    CHECK(errorOf(nested(50'000)).find("deeper") != std::string::npos);
    std::string nots = "EVENTS WHERE ";
    for (int i = 0; i < 65; ++i) {
        nots += "NOT (";
    }
    CHECK(errorOf(nots).find("deeper") != std::string::npos);
}

TEST_CASE("parser: lists and terms are bounded") {
    CHECK(parseQuery(base::cat("EVENTS WHERE a IN (", listOf(kListLengthMax), ")")).ok());
    CHECK(errorOf(base::cat("EVENTS WHERE a IN (", listOf(kListLengthMax + 1), ")"))
              .find("more than 1000") != std::string::npos);
    std::string terms = "EVENTS WHERE a == 1";
    for (size_t i = 1; i < kConditionTermsMax; ++i) {
        terms += " OR a == 1";
    }
    CHECK(parseQuery(terms).ok());
    CHECK(errorOf(terms + " AND a == 1").find("more than 4096") != std::string::npos);
    CHECK(errorOf("EVENTS SORT a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a").find("16") != std::string::npos);
    CHECK(parseQuery("EVENTS SORT a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a").ok());
}

TEST_CASE("parser: the words around a mistake never carry control characters or endless text") {
    const std::string error = errorOf("EVENTS a \"" + std::string(5000, 'y') + "\"");
    CHECK(error.size() < 400);
    for (const char* text : {"EVENTS a \"x\\ny\"", "EVENTS SINCE \"2026-02-01T00:00:00.\n:00\"",
                             "EVENTS SELECT a\x01", "EVENTS WHERE a == 1\x7F"}) {
        const std::string sentence = errorOf(text);
        CHECK_FALSE(sentence.empty());
        CHECK(sentence.find_first_of("\n\x01\x7F") == std::string::npos);
    }
    CHECK(base::isUtf8(errorOf("EVENTS SINCE \"" + std::string(59, 'x') + "\u00e4\"")));
}

TEST_CASE("parser: INDEX alone") {
    CHECK(parsed("EVENTS INDEX target_sid").index_field->name == "target_sid");
    CHECK_FALSE(parseQuery("EVENTS a INDEX b").ok());
    CHECK_FALSE(parseQuery("EVENTS INDEX b WHERE a == 1").ok());
    CHECK_FALSE(parseQuery("EVENTS STREAM INDEX b").ok());
}

TEST_CASE("parser: a literal of each kind") {
    const Query query = parsed(
        "EVENTS WHERE a IN (1, -1.5, \"t\", word, x\"00\", TRUE, 18446744073709551615, 1h ago, "
        "2026-01-01)");
    using Kind = Literal::Kind;
    const std::vector<Kind> kinds = {Kind::Int,  Kind::Float, Kind::Text,
                                     Kind::Word, Kind::Bytes, Kind::Boolean,
                                     Kind::Uint, Kind::Time,  Kind::Time};
    REQUIRE(query.where[0].literals.size() == kinds.size());
    for (size_t i = 0; i < kinds.size(); ++i) {
        CHECK(query.where[0].literals[i].kind == kinds[i]);
    }
}

}  // namespace evd::queryd
