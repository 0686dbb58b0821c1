#include "queryd/evctl/import/journal_entries.h"

#include "tests/support/imported_records.h"

#include <doctest/doctest.h>

using evd::base::cat;
using evd::evctl::ImportReport;
using evd::evctl::ImportSink;
using evd::evctl::kImportLineBytesMax;
using evd::evctl::kJournalDataBytesMax;
using evd::test::importInPieces;
using evd::test::ImportOutcome;
using Lines = std::vector<std::string>;

namespace {

ImportOutcome import(std::string_view text, size_t piece = SIZE_MAX) {
    return importInPieces(text, piece, [](ImportReport& report, ImportSink& sink) {
        return evd::evctl::makeJournalParser(report, sink);
    });
}

// A binary field whose length says what it says.
std::string binary(std::string_view name, std::string_view value, uint64_t length) {
    std::string out = cat(name, '\n');
    for (size_t i = 0; i < 8; ++i) {
        out += static_cast<char>(length >> (8 * i) & 0xFF);
    }
    return cat(out, value, '\n');
}

std::string binary(std::string_view name, std::string_view value) {
    return binary(name, value, value.size());
}

constexpr std::string_view kTime = "__REALTIME_TIMESTAMP=1767355200000001\n";

}  // namespace

TEST_CASE("journal entries: an entry is a line of its origin, however the bytes are cut") {
    const std::string text =
        cat("__CURSOR=s=1;i=2\n", kTime, "_BOOT_ID=30768e055ba043e08be77547ff276121\nPRIORITY=3\n",
            "_COMM=sh\nSYSLOG_IDENTIFIER=backup\n", binary("MESSAGE", "two\nlines"), "\n\n",
            "MESSAGE=plain = text\n", kTime, "_SYSTEMD_UNIT=x.service\nPRIORITY=4\n");
    const ImportOutcome wanted{{"log 1767355200000001000 backup! two\nlines",
                                "log 1767355200000001000 x.service plain = text"},
                               "understood: 2 log records\n"};
    for (size_t piece = 1; piece <= text.size(); ++piece) {
        CHECK(import(text, piece) == wanted);
    }
}

TEST_CASE("journal entries: our own nanoseconds and job count where they agree") {
    const std::string head = cat(kTime, "MESSAGE=m\nSYSLOG_IDENTIFIER=o\n");
    CHECK(import(head + "EVENTD_TIMESTAMP=1767355200000001234\n"
                        "EVENTD_JOB_ID={30768e05-5ba0-43e0-8be7-7547ff276121}\n")
              .records ==
          Lines{"log 1767355200000001234 o m {30768e05-5ba0-43e0-8be7-7547ff276121}"});
    CHECK(import(head + "EVENTD_TIMESTAMP=1767355200000002000\nEVENTD_JOB_ID=x\n").records ==
          Lines{"log 1767355200000001000 o m"});
    CHECK(import(cat("__REALTIME_TIMESTAMP=9223372036854775\nMESSAGE=m\n")).records ==
          Lines{"log 9223372036854775000 journal m"});
    CHECK(import(cat("__REALTIME_TIMESTAMP=9223372036854776\nMESSAGE=m\n")).records.empty());
}

TEST_CASE("journal entries: what is no log line is told") {
    const ImportOutcome outcome =
        import(cat("MESSAGE=no time\n\n", kTime, "SYSLOG_IDENTIFIER=o\n\n", kTime,
                   "not a field\nMESSAGE=m\n\n"));
    CHECK(outcome.records == Lines{"log 1767355200000001000 journal m"});
    CHECK(outcome.report ==
          "understood: 1 log records\n"
          "left out: 1, entries without a message\n    line 3: o\n"
          "not understood: 1, a line that is no field\n    line 7: not a field\n"
          "not understood: 1, an entry without a time\n    line 1: no time\n");
}

TEST_CASE("journal entries: behind a damaged field the next entry is understood") {
    const std::string next = cat("\n", kTime, "MESSAGE=next\n");
    const Lines wanted = {"log 1767355200000001000 journal next"};
    for (const std::string& broken :
         {binary("MESSAGE", "abc", 2), binary("MESSAGE", "abc", kJournalDataBytesMax + 1),
          binary("MESSAGE", "abc", UINT64_MAX)}) {
        for (const size_t piece : {1, 2, 3, 1000}) {
            const ImportOutcome outcome = import(cat(kTime, broken, "OTHER=1\n", next), piece);
            CHECK(outcome.records == wanted);
            CHECK(outcome.report.find("not understood: 1, a field") != std::string::npos);
        }
    }
    const ImportOutcome cut = import(cat(kTime, "MESSAGE\n\x05"));
    CHECK(cut.records.empty());
    CHECK(cut.report.find("1, an entry that is cut off") != std::string::npos);
}

TEST_CASE("journal entries: a field at the limit is taken, a larger one passed over") {
    const std::string most(kImportLineBytesMax, 'x');
    CHECK(import(cat(kTime, binary("MESSAGE", most))).records.size() == 1);
    const ImportOutcome above =
        import(cat(kTime, binary("MESSAGE", most + "x"), "\n", kTime, "MESSAGE=next\n"), 100'000);
    CHECK(above.records == Lines{"log 1767355200000001000 journal next"});
    CHECK(above.report.find("1, an entry whose message is too long") != std::string::npos);
    // A core dump is not wanted, and so does not matter.
    CHECK(import(cat(kTime, "MESSAGE=m\n", binary("COREDUMP", most + "\n\n"), "OTHER=", most,
                     "xx\nSYSLOG_IDENTIFIER=late\n"))
              .records == Lines{"log 1767355200000001000 late m"});
}

TEST_CASE("journal entries: a long message comes out as it went in") {
    const std::string message = "longer than what a string holds without an allocation of its own";
    CHECK(import(cat(kTime, "MESSAGE=", message, "\n")).records ==
          Lines{"log 1767355200000001000 journal " + message});
}
