#include "queryd/evctl/import/import_format.h"

#include <doctest/doctest.h>

using evd::evctl::guessImportFormat;
using evd::evctl::ImportFormat;
using evd::evctl::importFormatName;
using evd::evctl::importFormatOf;
using evd::evctl::ImportTimes;

TEST_CASE("import format: the content tells it") {
    const ImportTimes times{1'767'355'200'000'000'000, true};
    const auto guess = [&](std::string_view text) { return guessImportFormat(text, times); };
    CHECK(guess("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n") == ImportFormat::Journald);
    CHECK(guess("Jan  2 11:59:58 host app: text\n") == ImportFormat::Syslog);
    CHECK(guess("2026-01-02T12:00:00.5+01:00 host app: text") == ImportFormat::Syslog);
    CHECK(guess("<13>1 2026-01-02T12:00:00Z h a - - - x") == ImportFormat::Syslog);
    CHECK(guess("type=SYSCALL msg=audit(1364481363.243:1): a=1") == ImportFormat::Auditd);
    CHECK(guess("node=x type=SYSCALL msg=audit(1364481363.243:1): a=1\r\n") ==
          ImportFormat::Auditd);
    CHECK(guess("# HELP up Is it?\n") == ImportFormat::OpenMetrics);
    CHECK(guess("up{job=\"x\"} 1 1395066363\n") == ImportFormat::OpenMetrics);
    CHECK(guess("\nrubbish that\nis nothing\nup 1\n") == ImportFormat::OpenMetrics);
    for (const char* text : {"", "\n\n", "hello", "{\"a\": 1}", "\x1f\x8b\x08", "# a comment"}) {
        CHECK_FALSE(guess(text).has_value());
    }
    // Only the beginning is looked at.
    CHECK_FALSE(guess(std::string(evd::evctl::kGuessBytesMax, 'x') + "\nup 1\n").has_value());
    CHECK(guess(std::string(evd::evctl::kGuessBytesMax - 6, 'x') + "\nup 1\n").has_value());
}

TEST_CASE("import format: words and formats are one another's") {
    for (const char* word : {"journald", "syslog", "auditd", "openmetrics"}) {
        const auto format = importFormatOf(word);
        REQUIRE(format.has_value());
        CHECK(importFormatName(*format) == word);
    }
    CHECK_FALSE(importFormatOf("xml").has_value());
}
