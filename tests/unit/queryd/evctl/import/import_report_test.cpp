#include "queryd/evctl/import/import_report.h"

#include "common/base/text.h"
#include "tests/support/imported_records.h"

#include <doctest/doctest.h>

using evd::base::cat;
using evd::evctl::ImportReport;
using evd::evctl::kReportExamplesMax;
using evd::evctl::kReportExcerptBytesMax;
using evd::evctl::kReportReasonsMax;
using evd::test::unchanged;

TEST_CASE("import report: kinds are counted, reasons too, with the first lines of each") {
    ImportReport report;
    CHECK(report.text(unchanged).empty());
    report.understood("log records");
    report.understood("log records", 2);
    report.leftOut("old things", 3, "old");
    for (uint64_t line = 5; line < 10; ++line) {
        report.notUnderstood("rubbish", line, cat("text ", line));
    }
    CHECK(report.understoodCount() == 3);
    CHECK(report.notUnderstoodCount() == 5);
    CHECK(
        report.text(unchanged) ==
        "understood: 3 log records\n"
        "left out: 1, old things\n    line 3: old\n"
        "not understood: 5, rubbish\n    line 5: text 5\n    line 6: text 6\n    line 7: text 7\n");
    static_assert(kReportExamplesMax == 3);
}

TEST_CASE("import report: lines are shown by their beginning, and never as they are") {
    ImportReport report;
    report.notUnderstood("at the limit", 1, std::string(kReportExcerptBytesMax, 'a'));
    report.notUnderstood("above", 2, std::string(kReportExcerptBytesMax + 1, 'b'));
    report.notUnderstood("cut in a letter", 3, std::string(kReportExcerptBytesMax - 1, 'c') + "ä");
    const std::string text = report.text(unchanged);
    CHECK(text.find(std::string(kReportExcerptBytesMax, 'a') + "\n") != std::string::npos);
    CHECK(text.find(std::string(kReportExcerptBytesMax, 'b') + "...\n") != std::string::npos);
    CHECK(text.find(std::string(kReportExcerptBytesMax - 1, 'c') + "...\n") != std::string::npos);
    const auto shout = [](std::string_view) { return std::string("X"); };
    CHECK(report.text(shout).find("line 1: X\n") != std::string::npos);
}

TEST_CASE("import report: reasons beyond the limit are one") {
    ImportReport report;
    for (size_t i = 0; i < kReportReasonsMax + 3; ++i) {
        report.notUnderstood(cat("reason ", i), i, "");
    }
    CHECK(report.text(unchanged).find("not understood: 3, other reasons") != std::string::npos);
}
