#include "common/base/text.h"

#include <doctest/doctest.h>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using std::string_literals::operator""s;
using evd::base::cat;
using evd::base::ErrorKind;

TEST_CASE("cat: joins text, characters, numbers and booleans") {
    const std::string word = "b";
    CHECK(cat() == "");
    CHECK(cat("a", word, 'c', std::string_view("d")) == "abcd");
    CHECK(cat(-1, ' ', 2u, ' ', true, false) == "-1 2 truefalse");
    CHECK(cat(uint8_t{65}, " ", int8_t{-1}) == "65 -1");
    CHECK(cat(0.1, " ", 1e300) == "0.1 1e+300");
}

TEST_CASE("cat: the widest numbers keep every digit") {
    CHECK(cat(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
    CHECK(cat(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
    CHECK(cat(std::numeric_limits<double>::denorm_min()) == "5e-324");
    CHECK(cat(std::numeric_limits<double>::lowest()) == "-1.7976931348623157e+308");
}

TEST_CASE("parse number: takes exactly the numbers from 0 to 2^64-1") {
    using evd::base::parseU64;
    CHECK(parseU64("0").value() == 0);
    CHECK(parseU64("007").value() == 7);
    CHECK(parseU64("18446744073709551615").value() == std::numeric_limits<uint64_t>::max());
    for (const char* bad :
         {"", " 1", "1 ", "+1", "-1", "1a", "0x10", "18446744073709551616", "1.0"}) {
        CAPTURE(bad);
        REQUIRE_FALSE(parseU64(bad).ok());
        CHECK(parseU64(bad).error().kind == ErrorKind::Invalid);
    }
}

TEST_CASE("folding: only ASCII letters change (Ruling Q3)") {
    CHECK(evd::base::foldAscii("AZaz09@[`{\xC3\x84") == "azaz09@[`{\xC3\x84");
    CHECK(evd::base::equalsFolded("KaCs.*", "kAcS.*"));
    CHECK_FALSE(evd::base::equalsFolded("a", "ab"));
    CHECK_FALSE(evd::base::equalsFolded("@", "`"));
    CHECK_FALSE(evd::base::equalsFolded("\xC3\x84", "\xC3\xA4"));
}

TEST_CASE("utf-8: the first and last code point of each length is well formed") {
    for (const std::string& good : {""s, "\0"s, "\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s,
                                    "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xEF\xBF\xBF"s,
                                    "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s, "a\xC3\xA4z"s}) {
        CAPTURE(good);
        CHECK(evd::base::isUtf8(good));
    }
}

TEST_CASE("utf-8: overlong forms, surrogates, cut and stray bytes are refused") {
    for (const std::string& bad :
         {"\x80"s, "\xBF"s, "\xC0\xAF"s, "\xC1\xBF"s, "\xC2"s, "\xC2\x41"s, "\xE0\x9F\xBF"s,
          "\xE1\x80"s, "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xF0\x8F\xBF\xBF"s, "\xF0\x90\x80"s,
          "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFE"s, "\xFF"s, "ok\xE2\x82"s}) {
        CAPTURE(bad);
        CHECK_FALSE(evd::base::isUtf8(bad));
    }
}

TEST_CASE("hex: round trips, takes either case, refuses everything else") {
    using evd::base::decodeHex;
    const std::vector<uint8_t> bytes{0x00, 0x0F, 0xA5, 0xFF};
    CHECK(evd::base::encodeHex(bytes) == "000fa5ff");
    CHECK(decodeHex("000fA5Ff").value() == bytes);
    CHECK(decodeHex("").value().empty());
    for (const char* bad : {"0", "00f", "0g", "g0", " 0", "0x", "-1", "+1"}) {
        CAPTURE(bad);
        CHECK_FALSE(decodeHex(bad).ok());
    }
}

TEST_CASE("iso time: shows nanoseconds, also before the epoch") {
    using evd::base::formatIsoTime;
    CHECK(formatIsoTime(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(formatIsoTime(1'767'323'045'000'000'006) == "2026-01-02T03:04:05.000000006Z");
    CHECK(formatIsoTime(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(formatIsoTime(std::numeric_limits<int64_t>::max()) == "2262-04-11T23:47:16.854775807Z");
    CHECK(formatIsoTime(std::numeric_limits<int64_t>::min()) == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("split: n separators make n + 1 parts, empty ones included") {
    using Parts = std::vector<std::string_view>;
    CHECK(evd::base::split("", ',') == Parts{""});
    CHECK(evd::base::split("a", ',') == Parts{"a"});
    CHECK(evd::base::split(",a,,b,", ',') == Parts{"", "a", "", "b", ""});
}

TEST_CASE("trim: takes white space from both ends only") {
    CHECK(evd::base::trim("") == "");
    CHECK(evd::base::trim(" \t\r\n") == "");
    CHECK(evd::base::trim(" a b\n") == "a b");
    CHECK(evd::base::trim("a") == "a");
}

TEST_CASE("to utf-8: each byte that belongs to no character becomes a replacement character") {
    using evd::base::toUtf8;
    CHECK(toUtf8("plain \xc3\xa9") == "plain \xc3\xa9");
    CHECK(toUtf8("\xc3\xa9\xc3") == "\xc3\xa9\xEF\xBF\xBD");
    CHECK(toUtf8("\xed\xa0\x80").size() == 9);  // a surrogate: three bytes, three replacements
    CHECK(toUtf8("").empty());
}

TEST_CASE("whole characters: a cut moves back to where a character begins, in text only") {
    using evd::base::wholeCharacters;
    CHECK(wholeCharacters("a\xe2\x82\xac"
                          "b",
                          3) == 1);
    CHECK(wholeCharacters("a\xe2\x82\xac"
                          "b",
                          4) == 4);
    CHECK(wholeCharacters("abc", 9) == 3);
    CHECK(wholeCharacters("abc", 0) == 0);
    CHECK(wholeCharacters(std::string(20, '\x80'), 10) == 10);
}
