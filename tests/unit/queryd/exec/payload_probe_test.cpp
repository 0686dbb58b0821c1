#include "queryd/exec/payload_probe.h"

#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"
#include "tests/support/msgpack_from_hex.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <string>
#include <string_view>

namespace evd::queryd {

namespace {

constexpr int64_t kNow = 1'767'225'600'000'000'000;

RecordPlan planOf(std::string_view where) {
    const auto query = parseQuery("EVENTS WHERE " + std::string(where));
    REQUIRE(query.ok());
    auto plan = planQuery(query.value(), kNow);
    REQUIRE(plan.ok());
    return std::move(plan).value();
}

bool mayHold(std::string_view where, std::string_view json) {
    const RecordPlan plan = planOf(where);
    auto probe = PayloadProbe::of(plan);
    REQUIRE(probe.has_value());
    return probe->mayHold(test::msgpackOfJson(json).value());
}

bool hasProbe(std::string_view where) {
    const RecordPlan plan = planOf(where);
    return PayloadProbe::of(plan).has_value();
}

}  // namespace

TEST_CASE("probe: a payload passes when the field may be what is asked for") {
    CHECK(mayHold("n == 7", R"({"a": 1, "n": 7})"));
    CHECK(mayHold("n == 7", R"({"n": 7.0})"));
    CHECK(mayHold("n == -7", R"({"n": -7})"));
    CHECK(mayHold("n == 70000", R"({"n": 70000})"));
    CHECK(mayHold("n == 5000000000", R"({"n": 5000000000})"));
    CHECK(mayHold("n IN (1, -1000)", R"({"n": -1000})"));
    CHECK(mayHold("n == true", R"({"n": true})"));
    CHECK(mayHold("n > 6.5", R"({"n": 7})"));
    CHECK(mayHold("n != 6", R"({"n": "x"})"));
    CHECK(mayHold("n HAS 3", R"({"n": [1, 3]})"));
    CHECK(mayHold("n IS NOT NULL", R"({"n": 0})"));
    CHECK(mayHold("n MATCHES \"^a+$\"", R"({"n": "aa"})"));
    CHECK(mayHold("s == \"Text\"", R"({"s": "tEXT"})"));
    CHECK(mayHold("s CONTAINS \"EX\"", R"({"s": "text"})"));
    CHECK(mayHold("m.a.b == \"x\"", R"({"m": {"a.b": "x"}})"));
    CHECK(mayHold("n == 1 AND s == \"a\"", R"({"n": 1, "s": "a"})"));
    CHECK(mayHold("n == 1 OR s == \"a\"", R"({"n": 2, "s": "a"})"));
}

TEST_CASE("probe: a payload that cannot be meant is refused") {
    CHECK_FALSE(mayHold("n == 7", R"({"n": 8, "m": {"n": 7}})"));
    CHECK_FALSE(mayHold("n == 7", R"({"n": "7"})"));
    CHECK_FALSE(mayHold("n == 7", R"({"nn": 7})"));
    CHECK_FALSE(mayHold("n == -1", R"({"n": 255})"));
    CHECK_FALSE(mayHold("n == 7", R"({"n": {"n": 7}})"));
    CHECK_FALSE(mayHold("n != 6", R"({"m": 7})"));
    CHECK_FALSE(mayHold("n IS NOT NULL", R"({"n": null})"));
    CHECK_FALSE(mayHold("s CONTAINS \"ex\"", R"({"s": "e x"})"));
    CHECK_FALSE(mayHold("n == 1 AND s == \"a\"", R"({"n": 1, "s": "b"})"));
    CHECK_FALSE(mayHold("n == 1 OR s == \"a\"", R"({"n": 2, "s": "b"})"));
    const RecordPlan plan = planOf("n == 7");
    CHECK_FALSE(PayloadProbe::of(plan)->mayHold({}));
    CHECK_FALSE(PayloadProbe::of(plan)->mayHold(test::bytesFromHex("c1 07")));
    CHECK_FALSE(PayloadProbe::of(plan)->mayHold(test::bytesFromHex("81 a1 6e cd 00")));
}

TEST_CASE("probe: of equal keys the first alone counts, as in the record") {
    // {"n": 8, "n": 7}
    const RecordPlan plan = planOf("n == 7");
    CHECK_FALSE(PayloadProbe::of(plan)->mayHold(test::bytesFromHex("82 a1 6e 08 a1 6e 07")));
    CHECK(PayloadProbe::of(plan)->mayHold(test::bytesFromHex("82 a1 6e 07 a1 6e 08")));
}

TEST_CASE("probe: where anything may be meant there is none") {
    CHECK_FALSE(hasProbe("n IS NULL"));
    CHECK_FALSE(hasProbe("NOT (n == 7)"));
    CHECK_FALSE(hasProbe("n == 7 OR s IS NULL"));
    CHECK_FALSE(hasProbe("m.a == 7"));
    CHECK_FALSE(hasProbe("s CONTAINS \"\" OR m.a > 1"));
    CHECK(hasProbe("n == 7 AND s IS NULL"));
    CHECK(hasProbe("m.a == \"x\""));
}

TEST_CASE("probe: one that lets most payloads pass is not worth its time") {
    const RecordPlan plan = planOf("n >= 1");
    const auto few = test::msgpackOfJson(R"({"n": 0})").value();
    const auto many = test::msgpackOfJson(R"({"n": 1})").value();
    auto probe = PayloadProbe::of(plan);
    for (int i = 0; i < 10'000; ++i) {
        probe->mayHold(i % 4 == 0 ? many : few);
    }
    CHECK(probe->isWorthIt());
    for (int i = 0; i < 100'000; ++i) {
        probe->mayHold(i % 4 == 0 ? few : many);
    }
    CHECK_FALSE(probe->isWorthIt());
}

}  // namespace evd::queryd
