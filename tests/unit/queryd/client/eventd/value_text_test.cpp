#include <doctest/doctest.h>
#include <eventd/client.h>
#include <cmath>
#include <limits>

using eventd::toText;
using eventd::Value;

TEST_CASE("client value text: each kind has its form") {
    CHECK(toText(Value{}) == "nil");
    CHECK(Value{}.isNil());
    CHECK(toText(Value{true}) == "true");
    CHECK(toText(Value{int64_t{-5}}) == "-5");
    CHECK(toText(Value{std::numeric_limits<uint64_t>::max()}) == "18446744073709551615");
    CHECK(toText(Value{0.1}) == "0.1");
    CHECK(toText(Value{std::nan("")}) == "nan");
    CHECK(toText(Value{std::string("a \"b\" \\")}) == "\"a \\\"b\\\" \\\\\"");
    CHECK(toText(Value{Value::Bytes{0, 255}}) == "x\"00ff\"");
    const Value list{Value::List{Value{int64_t{1}}, Value{Value::List{}}}};
    CHECK(toText(list) == "[1, []]");
    CHECK(toText(Value{Value::Map{{Value{std::string("k")}, list},
                                  {Value{int64_t{2}}, Value{}}}}) == "{\"k\": [1, []], 2: nil}");
}

TEST_CASE("client value text: nothing that was stored speaks to a terminal") {
    CHECK(toText(Value{std::string("a\x1b]0;b\x07\x7f\n")}) == "\"a\\x1b]0;b\\x07\\x7f\\x0a\"");
    // The second row of control characters, and the letters beside it.
    CHECK(toText(Value{std::string("\xc2\x9b\xc2\xa0\xc3\x9f")}) == "\"\\x9b\xc2\xa0\xc3\x9f\"");
}

TEST_CASE("client row: fields are found by name and shown in their order") {
    const eventd::Row row{{{"b", Value{int64_t{1}}}, {"a", Value{false}}}};
    REQUIRE(row.find("a") != nullptr);
    CHECK(row.find("a")->as<bool>() != nullptr);
    CHECK(row.find("a")->as<int64_t>() == nullptr);
    CHECK(row.find("c") == nullptr);
    CHECK(toText(row) == "b=1 a=false");
    CHECK(toText(eventd::Row{}) == "");
}

TEST_CASE("client row: no name of a field speaks to a terminal, or looks like two") {
    const auto named = [](const std::string& name) {
        return toText(eventd::Row{{{name, Value{int64_t{1}}}}});
    };
    CHECK(named("source.name-2") == "source.name-2=1");
    CHECK(named("\x1b]0;x\x07") == "\"\\x1b]0;x\\x07\"=1");
    CHECK(named("\xc2\x9b") == "\"\\x9b\"=1");
    CHECK(named("a b=2 c") == "\"a b=2 c\"=1");
    CHECK(named("") == "\"\"=1");
}
