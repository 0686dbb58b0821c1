#include "queryd/lang/literals.h"

#include <doctest/doctest.h>
#include <cstdint>
#include <string>

namespace evd::queryd {

TEST_CASE("literals: integers at, below and above their limits") {
    CHECK(parseNumber("9223372036854775807")->int_value == INT64_MAX);
    CHECK(parseNumber("9223372036854775808")->kind == Literal::Kind::Uint);
    CHECK(parseNumber("18446744073709551615")->uint_value == UINT64_MAX);
    CHECK_FALSE(parseNumber("18446744073709551616"));
    CHECK(parseNumber("-9223372036854775808")->int_value == INT64_MIN);
    CHECK_FALSE(parseNumber("-9223372036854775809"));
    CHECK(parseNumber("-0")->int_value == 0);
    CHECK(parseNumber("007")->int_value == 7);
}

TEST_CASE("literals: hexadecimal") {
    CHECK(parseNumber("0x1F01FF")->int_value == 0x1F01FF);
    CHECK(parseNumber("0Xff")->int_value == 255);
    CHECK(parseNumber("0xFFFFFFFFFFFFFFFF")->uint_value == UINT64_MAX);
    CHECK_FALSE(parseNumber("0x"));
    CHECK_FALSE(parseNumber("0x10000000000000000"));
    CHECK_FALSE(parseNumber("-0x1"));
    CHECK_FALSE(parseNumber("0x-1"));
}

TEST_CASE("literals: floats need digits on both sides") {
    CHECK(parseNumber("1.5")->float_value == 1.5);
    CHECK(parseNumber("-2.5e-3")->float_value == -0.0025);
    CHECK(parseNumber("1e3")->kind == Literal::Kind::Float);
    for (const char* word : {"1.", ".5", "1e", "1e+", "1.e5", "1e999", "1.5x", "--1", "+1", "1_000",
                             "inf", "nan", "", "-", "1 "}) {
        CAPTURE(word);
        CHECK_FALSE(parseNumber(word));
    }
}

TEST_CASE("literals: what begins like a number") {
    for (const char* word : {"1", "-1", "+1", ".5", "1abc", "10.0.0.1", "2026-01-01", "0x"}) {
        CHECK(startsLikeNumber(word));
    }
    for (const char* word : {"", "-", "-a", "a1", ".", "--1", "*1", "/1"}) {
        CAPTURE(word);
        CHECK_FALSE(startsLikeNumber(word));
    }
}

TEST_CASE("literals: durations are at least one and fit") {
    CHECK(*parseDuration("1s") == 1'000'000'000);
    CHECK(*parseDuration("2M") == 120'000'000'000);
    CHECK(*parseDuration("3h") == 10'800'000'000'000);
    CHECK(*parseDuration("106751d") == 106751LL * 86400 * 1'000'000'000);
    CHECK_FALSE(parseDuration("106752d"));
    for (const char* word :
         {"0s", "s", "1", "1w", "-1s", "1.5h", "1ms", "", "0x1s", "99999999999999999999s"}) {
        CAPTURE(word);
        CHECK_FALSE(parseDuration(word));
    }
}

TEST_CASE("literals: dates must exist") {
    CHECK(*parseCalendarTime("1970-01-01") == 0);
    CHECK(*parseCalendarTime("2026-01-02T03:04:05") == 1'767'323'045LL * 1'000'000'000);
    CHECK(*parseCalendarTime("2000-02-29") == 951'782'400LL * 1'000'000'000);
    CHECK(*parseCalendarTime("1969-12-31T23:59:59") == -1'000'000'000);
    for (const char* word : {"2026-02-29",
                             "1900-02-29",
                             "2026-13-01",
                             "2026-00-01",
                             "2026-01-00",
                             "2026-04-31",
                             "2026-1-1",
                             "2026-01-01T24:00:00",
                             "2026-01-01T00:60:00",
                             "2026-01-01T00:00:60",
                             "2026-01-01T",
                             "2026-01-01T00:00",
                             "2026-01-01 00:00:00",
                             "2026-01-01Z",
                             "9999-01-01",
                             "0001-01-01",
                             "2026-01-01T00:00:00Z",
                             "2026-01-01T00:00:00.5",
                             "2026-01-01T00:00:00+01:00",
                             "2026-01",
                             "today",
                             ""}) {
        CAPTURE(word);
        CHECK_FALSE(parseCalendarTime(word));
    }
}

TEST_CASE("literals: quoted times carry fractions and offsets") {
    const int64_t noon = *parseCalendarTime("2026-01-02T12:00:00");
    CHECK(*parseQuotedTime("2026-01-02T12:00:00Z") == noon);
    CHECK(*parseQuotedTime("2026-01-02T12:00:00") == noon);
    CHECK(*parseQuotedTime("2026-01-02T13:30:00.5+01:30") == noon + 500'000'000);
    CHECK(*parseQuotedTime("2026-01-02T11:00:00.000000001-01:00") == noon + 1);
    CHECK(*parseQuotedTime("2026-01-02") == noon - 12LL * 3600 * 1'000'000'000);
    for (const char* text : {"2026-01-02T12:00:00.", "2026-01-02T12:00:00.1234567890",
                             "2026-01-02T12:00:00+1:00", "2026-01-02T12:00:00+24:00",
                             "2026-01-02T12:00:00z", "2026-01-02Z", "2026-01-02T12:00:00Zx"}) {
        CAPTURE(text);
        CHECK_FALSE(parseQuotedTime(text));
    }
}

TEST_CASE("literals: plain field names") {
    for (const char* word : {"a", "_a", "a.b", "a-b.c_d1", "A9.b-"}) {
        CHECK(isPlainFieldName(word));
    }
    for (const char* word :
         {"", ".", "a.", ".a", "a..b", "1a", "a.1", "-a", "a b", "ä", "a/b", "a*"}) {
        CAPTURE(word);
        CHECK_FALSE(isPlainFieldName(word));
    }
    CHECK(isPlainFieldName(std::string(kFieldNameLengthMax, 'a')));
    CHECK_FALSE(isPlainFieldName(std::string(kFieldNameLengthMax + 1, 'a')));
}

TEST_CASE("literals: relative times saturate") {
    TimePoint time;
    time.kind = TimePoint::Kind::Ago;
    time.ns = INT64_MAX;
    CHECK(resolveTime(time, -5) == INT64_MIN);
    time.kind = TimePoint::Kind::Hence;
    CHECK(resolveTime(time, 5) == INT64_MAX);
    time.kind = TimePoint::Kind::Today;
    CHECK(resolveTime(time, -1) == -86400LL * 1'000'000'000);
    CHECK(resolveTime(time, 0) == 0);
    time.kind = TimePoint::Kind::Yesterday;
    CHECK(resolveTime(time, 1) == -86400LL * 1'000'000'000);
}

}  // namespace evd::queryd
