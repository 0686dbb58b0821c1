#include "queryd/evctl/import/syslog_file.h"

#include "common/base/clock.h"
#include "common/wire/syslog_text.h"
#include "tests/support/imported_records.h"

#include <doctest/doctest.h>

using evd::base::kNsPerSecond;
using evd::evctl::ImportReport;
using evd::evctl::ImportSink;
using evd::evctl::ImportTimes;
using evd::test::importInPieces;
using evd::test::ImportOutcome;
using Lines = std::vector<std::string>;

namespace {

// 2026-01-02 12:00:00 UTC
constexpr int64_t kNow = 1'767'355'200 * kNsPerSecond;
constexpr ImportTimes kTimes{kNow, /*utc=*/true};

ImportOutcome import(std::string_view text) {
    return importInPieces(text, SIZE_MAX, [](ImportReport& report, ImportSink& sink) {
        return evd::evctl::makeSyslogFileParser(kTimes, report, sink);
    });
}

Lines records(std::string_view text) {
    return import(text).records;
}

}  // namespace

TEST_CASE("syslog file: lines of RFC 3164 have a tag, and no host any more") {
    CHECK(records("Jan  2 11:59:58 host sshd[4711]: Accepted key\n") ==
          Lines{"log 1767355198000000000 sshd Accepted key"});
    CHECK(records("Jan  2 11:59:58 host kernel: [ 1.5] eth0: up") ==
          Lines{"log 1767355198000000000 kernel [ 1.5] eth0: up"});
    CHECK(records("Jan  2 11:59:58 host last message repeated 3 times") ==
          Lines{"log 1767355198000000000 syslog last message repeated 3 times"});
    CHECK(records("<11>Jan 02 11:59:58 su: bad") == Lines{"log 1767355198000000000 su! bad"});
    CHECK(records("Jan  2 11:59:58 host app:") == Lines{"log 1767355198000000000 app "});
}

TEST_CASE("syslog file: a time without a year is the latest that is at most a day ahead") {
    CHECK(records("Jan  3 12:00:00 h a: b") == Lines{"log 1767441600000000000 a b"});
    CHECK(records("Jan  3 12:00:01 h a: b") == Lines{"log 1735905601000000000 a b"});  // 2025
    CHECK(records("Dec 31 23:59:59 h a: b") == Lines{"log 1767225599000000000 a b"});
    CHECK(records("Feb 29 00:00:00 h a: b") == Lines{"log 1709164800000000000 a b"});  // 2024
    CHECK(records("Feb 30 00:00:00 h a: b").empty());
}

TEST_CASE("syslog file: times of Debian 12 and of RFC 5424 are taken whole") {
    CHECK(records("2026-01-02T12:00:00.123456+01:00 host cron[1]: run") ==
          Lines{"log 1767351600123456000 cron run"});
    CHECK(records("<165>1 2003-10-11T22:14:15.003Z host app 4711 ID47 [sd@1 k=\"]\\\"\"] text") ==
          Lines{"log 1065910455003000000 app text"});
    CHECK(records("<11>1 2003-10-11T22:14:15.003Z - - - - -") ==
          Lines{"log 1065910455003000000 syslog! "});
    CHECK(records("<11>1 2003-10-11T22:14:15.003Z h app - - [x a=\"1\"]") ==
          Lines{"log 1065910455003000000 app! [x a=\"1\"]"});
}

TEST_CASE("syslog file: lines of one moment stay in order") {
    CHECK(records("Jan  2 11:00:00 h a: 1\nJan  2 11:00:00 h b: 2\nJan  2 11:00:01 h a: 3\n") ==
          Lines{"log 1767351600000000000 a 1", "log 1767351600000000001 b 2",
                "log 1767351601000000000 a 3"});
}

TEST_CASE("syslog file: what is no line of one is told with its number") {
    const ImportOutcome outcome = import(
        "\nno time\nJan 2 11:59:58 one digit\n<999>Jan  2 11:59:58 h a: b\n"
        "<13>1 2003-13-11T22:14:15Z h a - - - x\n<13>1 2003-10-11T22:14:15Z h a - - [open\n"
        "Xan  2 11:59:58 h a: b\nJan  2 24:00:00 h a: b\nJan  2 11:59:58\n");
    CHECK(outcome.records == Lines{"log 1767355198000000000 syslog "});
    CHECK(outcome.report ==
          "understood: 1 log records\n"
          "not understood: 2, a line of RFC 5424 that is not whole\n"
          "    line 5: <13>1 2003-13-11T22:14:15Z h a - - - x\n"
          "    line 6: <13>1 2003-10-11T22:14:15Z h a - - [open\n"
          "not understood: 5, a line that begins with no time\n"
          "    line 2: no time\n    line 3: Jan 2 11:59:58 one digit\n"
          "    line 4: <999>Jan  2 11:59:58 h a: b\n");
}

TEST_CASE("syslog file: bytes that are no text are replaced, a line at the limit is taken") {
    CHECK(records("Jan  2 11:59:58 h a: \xff") == Lines{"log 1767355198000000000 a \xEF\xBF\xBD"});
    const std::string head = "Jan  2 11:59:58 h a: ";
    const std::string most(evd::evctl::kImportLineBytesMax - head.size(), 'x');
    CHECK(records(head + most).size() == 1);
    const ImportOutcome above = import(head + most + "x\nJan  2 11:59:58 h a: next\n");
    CHECK(above.records == Lines{"log 1767355198000000000 a next"});
    CHECK(above.report.find("1, a line that is too long\n    line 1: Jan") != std::string::npos);
    // A tag has a limit, too.
    const std::string tag(evd::wire::kSyslogTagBytesMax, 't');
    CHECK(records("Jan  2 11:59:58 h " + tag + ": m") ==
          Lines{"log 1767355198000000000 " + tag + " m"});
    CHECK(records("Jan  2 11:59:58 h t" + tag + ": m") ==
          Lines{"log 1767355198000000000 syslog t" + tag + ": m"});
}
