#include "queryd/exec/number_sum.h"

#include <doctest/doctest.h>
#include <cmath>
#include <cstdint>

namespace evd::queryd {

TEST_CASE("number sum: exact in i64, then in u64, then binary64") {
    NumberSum sum;
    sum.add(Value::ofInt(INT64_MAX));
    CHECK(sum.sum().int_value == INT64_MAX);
    sum.add(Value::ofInt(1));
    CHECK(sum.sum().kind == Value::Kind::Uint);
    CHECK(sum.sum().uint_value == uint64_t{1} << 63);
    sum.add(Value::ofInt(INT64_MAX));
    CHECK(sum.sum().uint_value == UINT64_MAX);
    sum.add(Value::ofInt(1));
    CHECK(sum.sum().kind == Value::Kind::Float);
    CHECK(sum.sum().float_value == 18446744073709551616.0);
    sum.add(Value::ofInt(-1));
    CHECK(sum.sum().uint_value == UINT64_MAX);
}

TEST_CASE("number sum: below i64 it becomes binary64 and comes back") {
    NumberSum sum;
    sum.add(Value::ofInt(INT64_MIN));
    sum.add(Value::ofInt(-1));
    CHECK(sum.sum().kind == Value::Kind::Float);
    sum.add(Value::ofUint(UINT64_MAX));
    CHECK(sum.sum().int_value == INT64_MAX - 1);
}

TEST_CASE("number sum: floats make the sum a float") {
    NumberSum sum;
    sum.add(Value::ofInt(1));
    sum.add(Value::ofFloat(0.5));
    CHECK(sum.sum().float_value == 1.5);
    CHECK(sum.mean().float_value == 0.75);
}

TEST_CASE("number sum: what is no number is passed over") {
    NumberSum sum;
    sum.add(Value());
    sum.add(Value::ofText("5"));
    sum.add(Value::ofBoolean(true));
    CHECK(sum.sum().isNull());
    CHECK(sum.mean().isNull());
}

TEST_CASE("number sum: parts add up to the whole in any order") {
    NumberSum left;
    NumberSum right;
    left.add(Value::ofUint(UINT64_MAX));
    right.add(Value::ofInt(-5));
    right.merge(left);
    CHECK(right.sum().uint_value == UINT64_MAX - 5);
    CHECK(right.mean().float_value == 9223372036854775805.0);
}

TEST_CASE("number sum: infinities show in the result") {
    NumberSum sum;
    sum.add(Value::ofFloat(INFINITY));
    sum.add(Value::ofFloat(-INFINITY));
    CHECK(std::isnan(sum.sum().float_value));
}

}  // namespace evd::queryd
