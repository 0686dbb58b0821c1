#include "queryd/exec/value_order.h"

#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <cmath>
#include <deque>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

// Values as json, which owns their bytes.
class Values {
  public:
    Value operator()(std::string_view json) {
        auto bytes = test::msgpackOfJson(json);
        REQUIRE(bytes.ok());
        held_.push_back(std::move(bytes).value());
        return valueOf(held_.back());
    }

  private:
    std::deque<std::vector<uint8_t>> held_;
};

std::string keyOf(const Value& value) {
    std::string key;
    appendGroupKey(value, key);
    return key;
}

// In ascending order; every two neighbours differ.
const std::vector<std::string> kAscending = {
    "null",
    "false",
    "true",
    R"({"$float": "-inf"})",
    "-9223372036854775808",
    "-9223372036854775807.5e-1",
    "-1",
    "-0.5",
    "0",
    "0.5",
    "1",
    "9007199254740992.0",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808.0",
    "9223372036854775809",
    "18446744073709551615",
    "18446744073709551616.0",
    R"({"$float": "inf"})",
    R"({"$float": "nan"})",
    R"("")",
    R"("A")",
    R"("a")",
    R"("AB")",
    R"("b")",
    R"("ä")",
    R"({"$binary": ""})",
    R"({"$binary": "00"})",
    R"({"$binary": "0000"})",
    R"({"$ext": [1, "00"]})",
    "[]",
    "[null]",
    "[1]",
    "[1, 2]",
    R"(["a"])",
    "{}",
};

}  // namespace

TEST_CASE("value order: the kinds and everything inside them are in one total order") {
    Values values;
    for (size_t i = 0; i < kAscending.size(); ++i) {
        for (size_t j = 0; j < kAscending.size(); ++j) {
            CAPTURE(kAscending[i]);
            CAPTURE(kAscending[j]);
            const int order = compareOrder(values(kAscending[i]), values(kAscending[j]));
            CHECK((i < j ? order < 0 : i > j ? order > 0 : order == 0));
        }
    }
}

TEST_CASE("value order: equality agrees with group keys, except for NaN and folded text") {
    Values values;
    for (const std::string& left : kAscending) {
        for (const std::string& right : kAscending) {
            CAPTURE(left);
            CAPTURE(right);
            const Value a = values(left);
            const Value b = values(right);
            const bool nan = a.kind == Value::Kind::Float && std::isnan(a.float_value);
            CHECK((keyOf(a) == keyOf(b)) == (isEqual(a, b) || (nan && left == right)));
        }
    }
}

TEST_CASE("value order: numbers of one value are one group in every form") {
    Values values;
    CHECK(keyOf(values("1")) == keyOf(values("1.0")));
    CHECK(keyOf(values("0")) == keyOf(values("-0.0")));
    CHECK(keyOf(values("9223372036854775808")) == keyOf(values("9223372036854775808.0")));
    CHECK(keyOf(values("9007199254740993")) != keyOf(values("9007199254740992.0")));
    CHECK(keyOf(values(R"({"$f32": 0.5})")) == keyOf(values("0.5")));
    CHECK(compareOrder(values("1"), values("1.0")) == 0);
    CHECK(compareMembers(values("1"), values("1.0")) < 0);
    CHECK(compareMembers(values("-0.0"), values("0.0")) < 0);
}

TEST_CASE("value order: text is one group whatever the case of ASCII letters") {
    Values values;
    CHECK(keyOf(values(R"("aBc")")) == keyOf(values(R"("AbC")")));
    CHECK(keyOf(values(R"("ä")")) != keyOf(values(R"("Ä")")));
    CHECK(isEqual(values(R"("aBc")"), values(R"("AbC")")));
    CHECK_FALSE(isEqual(values(R"("1")"), values("1")));
    CHECK_FALSE(isEqual(values(R"("1")"), values(R"({"$binary": "31"})")));
}

TEST_CASE("value order: maps are equal by their pairs, not by the order of them") {
    Values values;
    const Value map = values(R"([{"a": 1, "b": [2, {"c": "X"}]}])");
    CHECK(isEqual(map, values(R"([{"b": [2.0, {"c": "x"}], "a": 1}])")));
    CHECK(compareOrder(map, values(R"([{"b": [2, {"c": "X"}], "a": 1}])")) == 0);
    CHECK_FALSE(isEqual(map, values(R"([{"a": 1}])")));
    CHECK_FALSE(isEqual(values(R"([{"$float": "nan"}])"), values(R"([{"$float": "nan"}])")));
}

TEST_CASE("value order: group keys cannot run into each other") {
    Values values;
    const auto both = [&](const char* left, const char* right) {
        return keyOf(values(left)) + keyOf(values(right));
    };
    CHECK(both(R"("a")", R"("b")") != both(R"("ab")", R"("")"));
    CHECK(both("[1]", "2") != both("[1, 2]", "[]"));
    CHECK(both("null", "true") != both("true", "null"));
}

TEST_CASE("value order: deep and wide containers are compared in reasonable time") {
    std::string deep = "1";
    for (int i = 0; i < 30; ++i) {
        deep = R"({"$map": [[)" + deep + R"(, 1], [2, )" + (i % 2 == 0 ? "3" : "[4]") + "]]}";
    }
    Values values;
    const Value left = values("[" + deep + "]");
    const Value right = values("[" + deep + "]");
    CHECK(compareOrder(left, right) == 0);
    CHECK(isEqual(left, right));
}

TEST_CASE("value order: a held value outlives what it was made of") {
    HeldValue held;
    {
        Values values;
        held = HeldValue(values(R"("short")"));
    }
    const HeldValue copy = held;
    CHECK(copy.view().bytes == "short");
    CHECK(isEqual(copy.view(), Value::ofText("SHORT")));
}

}  // namespace evd::queryd
