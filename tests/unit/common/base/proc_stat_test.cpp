#include "common/base/proc_stat.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <string>

using evd::base::parseProcStat;

namespace {

const std::string kBehindParent = " 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 5046272 562\n";

std::string stat(const std::string& name, const std::string& parent) {
    return evd::base::cat("7 (", name, ") S ", parent, kBehindParent);
}

}  // namespace

TEST_CASE("proc stat: name, parent and start time, whatever the name holds") {
    const auto plain = parseProcStat(stat("sh", "3"));
    REQUIRE(plain.ok());
    CHECK(plain.value().name == "sh");
    CHECK(plain.value().state == 'S');
    CHECK(plain.value().parent_pid == 3);
    CHECK(plain.value().start_ticks == 4711);
    for (const char* name : {"", "a) S 9 (b", "a b) c) S 9 (x", "x\ny", "\xFF"}) {
        CAPTURE(name);
        const auto odd = parseProcStat(stat(name, "3"));
        REQUIRE(odd.ok());
        CHECK(odd.value().name == name);
        CHECK(odd.value().parent_pid == 3);
        CHECK(odd.value().start_ticks == 4711);
    }
}

TEST_CASE("proc stat: a parent that no process has, and a start before the boot") {
    CHECK(parseProcStat(stat("sh", "2147483647")).ok());
    CHECK_FALSE(parseProcStat(stat("sh", "2147483648")).ok());
    CHECK_FALSE(parseProcStat("1 (x) S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -4 1").ok());
    CHECK_FALSE(parseProcStat("1 (x) SS 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4 1").ok());
}

TEST_CASE("proc stat: what the kernel does not write is refused") {
    for (const char* text :
         {"", "7", "7 (", "7 (sh", "7 sh)", ")(", "12 sh S 1", "7 (sh) S", "7 (sh) S x",
          "7 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18"}) {
        CAPTURE(text);
        CHECK_FALSE(parseProcStat(text).ok());
    }
}
