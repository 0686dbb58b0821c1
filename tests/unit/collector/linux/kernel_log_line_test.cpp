#include "collector/linux/kernel_log_line.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("kernel log line: level, facility, sequence, time and text") {
    const auto record =
        parseKernelLogRecord("30,340,5690716,-,caller=T1;udevd[80]: starting; version 181\n");
    REQUIRE(record.ok());
    CHECK(record.value().level == 6);
    CHECK(record.value().facility == 3);
    CHECK(record.value().sequence == 340);
    CHECK(record.value().monotonic_us == 5'690'716);
    CHECK(record.value().lines == Lines{"udevd[80]: starting; version 181"});
}

TEST_CASE("kernel log line: escapes become bytes again, line feeds several lines") {
    const auto lines = [](std::string_view text) {
        return parseKernelLogRecord(std::string("6,1,1,-;") + std::string(text)).value().lines;
    };
    CHECK(lines("a\\x0ab\\x0a\n") == Lines{"a", "b"});
    CHECK(lines("\\xc3\\xa9 \\x5c\\x41") == Lines{"\xc3\xa9 \\A"});
    CHECK(lines("tab\\x09tab") == Lines{"tab\ttab"});
    CHECK(lines("\\xff") == Lines{"\xEF\xBF\xBD"});
    // No escape: cut, or of no hex digits.
    CHECK(lines("\\x4\n") == Lines{"\\x4"});
    CHECK(lines("\\xzz\\") == Lines{"\\xzz\\"});
    CHECK(lines("") == Lines{""});
}

TEST_CASE("kernel log line: keys behind the text, fragments and unknown fields are passed over") {
    const auto record =
        parseKernelLogRecord("3,7,9,c,x,y;disk gone\n SUBSYSTEM=scsi\n DEVICE=b8:0\n");
    REQUIRE(record.ok());
    CHECK(record.value().lines == Lines{"disk gone"});
}

TEST_CASE("kernel log line: a head that is not one is refused") {
    for (const char* text : {"", "6,1,1,-", "6,1,1;x", ";", "a,1,1,-;x", "6,,1,-;x", "6,1,-1,-;x",
                             "6,99999999999999999999,1,-;x", "34359738368,1,1,-;x", " 6,1,1,-;x"}) {
        CAPTURE(text);
        CHECK_FALSE(parseKernelLogRecord(text).ok());
    }
    CHECK(parseKernelLogRecord("34359738367,18446744073709551615,1,-;x").ok());
}

}  // namespace
}  // namespace evd::collector
