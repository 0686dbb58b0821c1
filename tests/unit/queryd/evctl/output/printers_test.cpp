// Golden answers of every format over the same three records.

#include "queryd/evctl/output/record_printer.h"

#include "queryd/evctl/output/bar.h"
#include "queryd/evctl/output/columns.h"
#include "queryd/evctl/output/plain_text.h"
#include "tests/support/fake_clock.h"
#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>

using evd::evctl::Format;
using evd::evctl::PrintStyle;
using evd::evctl::TimeStyle;
using evd::test::msgpackOf;
using evd::wire::MsgpackWriter;

namespace {

constexpr int64_t kThen = evd::test::FakeClock::kStartWallNs - 90 * evd::base::kNsPerSecond;

std::vector<uint8_t> event(std::string_view type, bool from_userspace) {
    return msgpackOf([&](MsgpackWriter& w) {
        w.mapHeader(5);
        w.text("timestamp");
        w.integer(kThen + 1'234'567);
        w.text("event_type");
        w.text(type);
        w.text("origin_class");
        if (from_userspace) {
            w.integer(0);
        } else {
            w.nil();
        }
        w.text("command_line");
        w.text("ls \"a b\"\x1b[31m");
        w.text("pid");
        w.integer(42);
    });
}

std::vector<uint8_t> logLine() {
    return msgpackOf([](MsgpackWriter& w) {
        w.mapHeader(4);
        w.text("timestamp");
        w.integer(kThen);
        w.text("origin");
        w.text("sshd");
        w.text("is_error");
        w.boolean(true);
        w.text("message");
        w.text("went wrong, badly");
    });
}

std::vector<uint8_t> countRecord() {
    return msgpackOf([](MsgpackWriter& w) {
        w.mapHeader(2);
        w.text("event_type");
        w.text("process.exec");
        w.text("count");
        w.integer(12);
    });
}

using Records = std::vector<std::vector<uint8_t>>;

std::string printed(Format format, const Records& records, PrintStyle style = {},
                    const Records& live = {}) {
    const evd::test::FakeClock clock;
    style.time = style.time == TimeStyle::Local ? TimeStyle::Utc : style.time;
    const auto printer = evd::evctl::makePrinter(format, style, clock);
    if (printer->needsSurvey()) {
        for (const auto& record : records) {
            printer->survey(record);
        }
    }
    std::string out;
    printer->begin(out);
    for (const auto& record : records) {
        printer->record(record, out);
    }
    printer->finish(out);
    for (const auto& record : live) {
        printer->record(record, out);
    }
    return out;
}

}  // namespace

TEST_CASE("pretty: time, what, then the fields, control characters made harmless") {
    CHECK(printed(Format::Pretty, {event("process.exec", true), logLine(), countRecord()}) ==
          "2025-12-31 23:58:30.001234 process.exec command_line=\"ls \\\"a b\\\"\\x1b[31m\" pid=42 "
          "origin_class=0\n"
          "2025-12-31 23:58:30.000000 sshd[stderr]: went wrong, badly\n"
          "event_type=process.exec count=12\n");
}

TEST_CASE("pretty: a brief line leaves out a whole header, and nothing of one that was selected") {
    const auto whole = msgpackOf([](MsgpackWriter& w) {
        w.mapHeader(10);
        w.text("timestamp");
        w.integer(kThen);
        w.text("event_type");
        w.text("shop.order");
        w.text("number");
        w.integer(17);
        for (const char* name : {"cpu_id", "sequence", "origin_class", "effective_token_guid",
                                 "true_token_guid", "process_guid", "boot_id"}) {
            w.text(name);
            w.integer(1);
        }
    });
    PrintStyle style;
    CHECK(printed(Format::Pretty, {whole}, style).find("boot_id=1") != std::string::npos);
    style.brief = true;
    CHECK(printed(Format::Pretty, {whole}, style) ==
          "2025-12-31 23:58:30.000000 shop.order number=17\n");
    CHECK(printed(Format::Pretty, {event("process.exec", true)}, style)
              .ends_with(" pid=42 origin_class=0\n"));
}

TEST_CASE("pretty: a log line reads like a log, stderr marked and coloured, its job behind it") {
    const auto line = msgpackOf([](MsgpackWriter& w) {
        w.mapHeader(6);
        w.text("timestamp");
        w.integer(kThen);
        w.text("origin");
        w.text("make");
        w.text("is_error");
        w.boolean(false);
        w.text("message");
        w.text("cc -c x.c\x1b[31m");
        w.text("boot_id");
        w.text("{00000001-0000-0000-0000-000000000000}");
        w.text("job_id");
        w.text("{00000007-0000-0000-0000-000000000000}");
    });
    CHECK(printed(Format::Pretty, {line}) ==
          "2025-12-31 23:58:30.000000 make: cc -c x.c\\x1b[31m "
          "job_id={00000007-0000-0000-0000-000000000000}\n");
    CHECK(printed(Format::Pretty, {logLine()}, {TimeStyle::Utc, true, 0})
              .find("\x1b[31mwent wrong, badly\x1b[0m") != std::string::npos);
}

// Ruling S5
TEST_CASE("pretty and table: an event that only pretends to come from eventd is marked") {
    for (const Format format : {Format::Pretty, Format::Table}) {
        CHECK(printed(format, {event("synthetic.gap", true)}).find("(not from eventd)") !=
              std::string::npos);
        CHECK(printed(format, {event("SYNTHETIC.gap", true)}).find("(not from eventd)") !=
              std::string::npos);
        CHECK(printed(format, {event("synthetic.gap", false)}).find("(not") == std::string::npos);
        CHECK(printed(format, {event("synthetics", true)}).find("(not") == std::string::npos);
    }
}

TEST_CASE("pretty: times in the style that was asked for") {
    const auto with = [](TimeStyle time) {
        const auto line = printed(Format::Pretty, {logLine()}, {time});
        return line.substr(0, line.find(" sshd"));
    };
    CHECK(with(TimeStyle::Raw) == std::to_string(kThen));
    CHECK(with(TimeStyle::Iso) == "2025-12-31T23:58:30.000000000Z");
    CHECK(with(TimeStyle::Relative) == "1.5 min ago");
}

TEST_CASE("table: columns are the union of the fields, aligned under their names") {
    CHECK(printed(Format::Table, {countRecord(), logLine()}) ==
          "event_type    count  timestamp                   origin  is_error  message\n"
          "process.exec  12\n"
          "                     2025-12-31 23:58:30.000000  sshd    true      went wrong, badly\n");
}

TEST_CASE(
    "table: nothing is printed for an empty result, wide text is cut at the terminal's edge") {
    CHECK(printed(Format::Table, {}).empty());
    CHECK(printed(Format::Table, {countRecord()}, {TimeStyle::Utc, false, 15}) ==
          "event_t…  count\nprocess…  12\n");
}

TEST_CASE("table: on demand wide text goes on in the next line") {
    PrintStyle style{TimeStyle::Utc, false, 60};
    style.wrap = true;
    CHECK(printed(Format::Table, {logLine()}, style) ==
          "timestamp                   origin  is_error  message\n"
          "2025-12-31 23:58:30.000000  sshd    true      went wrong,\n"
          "                                              badly\n");
}

TEST_CASE("table: a count has a bar where bars are wanted") {
    PrintStyle style{TimeStyle::Utc, false, 32};
    style.bars = true;
    CHECK(printed(Format::Table, {countRecord()}, style) ==
          "event_type    count\nprocess.exec  12     ███████████\n");
    style.unicode = false;
    CHECK(printed(Format::Table, {countRecord()}, style) ==
          "event_type    count\nprocess.exec  12     ###########\n");
    CHECK(printed(Format::Table, {logLine()}, style).find('#') == std::string::npos);
}

TEST_CASE("table: a record that wants to be looked at has its colour") {
    CHECK(
        printed(Format::Table, {logLine()}, {TimeStyle::Utc, true, 0}).find("\x1b[31m2025-12-31") !=
        std::string::npos);
}

TEST_CASE("table: a live record with a new field brings the heading again") {
    CHECK(printed(Format::Table, {}, {}, {countRecord(), countRecord()}) ==
          "event_type    count\nprocess.exec  12\nprocess.exec  12\n");
}

TEST_CASE("jsonl: one sorted object per line, times as integers") {
    CHECK(printed(Format::Jsonl, {countRecord(), logLine()}) ==
          "{\"count\":12,\"event_type\":\"process.exec\"}\n"
          "{\"is_error\":true,\"message\":\"went wrong, badly\",\"origin\":\"sshd\","
          "\"timestamp\":1767225510000000000}\n");
    CHECK(printed(Format::Jsonl, {}).empty());
}

TEST_CASE("json: one array, also when it is empty") {
    CHECK(printed(Format::Json, {countRecord(), countRecord()}) ==
          "[\n{\"count\":12,\"event_type\":\"process.exec\"},\n"
          "{\"count\":12,\"event_type\":\"process.exec\"}\n]\n");
    CHECK(printed(Format::Json, {}) == "[]\n");
}

TEST_CASE("csv: a header, quotes where RFC 4180 asks for them, empty cells for what is missing") {
    CHECK(printed(Format::Csv, {countRecord(), logLine()}) ==
          "event_type,count,timestamp,origin,is_error,message\r\n"
          "process.exec,12,,,,\r\n"
          ",,1767225510000000000,sshd,true,\"went wrong, badly\"\r\n");
}

TEST_CASE("msgpack: the records as they came") {
    const auto record = countRecord();
    CHECK(printed(Format::Msgpack, {record}) == std::string(record.begin(), record.end()));
}

TEST_CASE("pretty: colours only when they are wanted") {
    CHECK(printed(Format::Pretty, {logLine()}).find('\x1b') == std::string::npos);
    CHECK(printed(Format::Pretty, {logLine()}, {TimeStyle::Utc, true}).find("\x1b[31mwent") !=
          std::string::npos);
}

TEST_CASE("plain text: nothing from a record reaches the terminal as a command") {
    using evd::evctl::printable;
    CHECK(printable("tab\there\x1b[2J\x7F") == "tab\\there\\x1b[2J\\x7f");
    CHECK(printable("\xC2\x9B"
                    "31m") == "\\x9b31m");
    CHECK(printable("\xE2\x80\xAE"
                    "evil") == "\\u{202e}evil");
    CHECK(printable("bad \xFF\xC3") == "bad \\xff\\xc3");
    CHECK(printable("grüße 日本 🙂") == "grüße 日本 🙂");
}

TEST_CASE("plain text: wrapped text is cut at blanks where one is near, else anywhere") {
    using evd::evctl::wrapToWidth;
    using Pieces = std::vector<std::string>;
    CHECK(wrapToWidth("one two three", 8) == Pieces{"one two", "three"});
    CHECK(wrapToWidth("abcdefghij", 4) == Pieces{"abcd", "efgh", "ij"});
    CHECK(wrapToWidth("日本語", 3) == Pieces{"日", "本", "語"});
    CHECK(wrapToWidth("日本", 1) == Pieces{"日", "本"});
    CHECK(wrapToWidth("", 4) == Pieces{""});
}

TEST_CASE("plain text: wrapping takes time by the length of the text, not by its square") {
    const std::string text(size_t{4} << 20, 'x');
    CHECK(evd::evctl::wrapToWidth(text, 64).size() == text.size() / 64);
}

TEST_CASE("bar: eighths of a column, never nothing for something") {
    using evd::evctl::barText;
    CHECK(barText(1, 4, true) == "████");
    CHECK(barText(2, 4, true) == "████");
    CHECK(barText(0.53125, 4, true) == "██▏");
    CHECK(barText(0.0001, 4, true) == "▏");
    CHECK(barText(0, 4, true).empty());
    CHECK(barText(0.5, 4, false) == "##");
    CHECK(barText(0.0001, 4, false) == "#");
}

TEST_CASE("plain text: widths count columns, not bytes") {
    using evd::evctl::cutToWidth;
    CHECK(evd::evctl::displayWidth("grüße") == 5);
    CHECK(evd::evctl::displayWidth("日本") == 4);
    CHECK(cutToWidth("grüße", 5) == "grüße");
    CHECK(cutToWidth("grüße", 4) == "grü…");
    CHECK(cutToWidth("日本語", 4) == "日…");
}

namespace {

// What is printed of the last of `count` records that each have a field of their own.
std::string csvOfFields(evd::evctl::RecordPrinter& printer, size_t count) {
    std::vector<uint8_t> record;
    std::string out;
    for (size_t i = 0; i < count; ++i) {
        record = msgpackOf([&](MsgpackWriter& writer) {
            writer.mapHeader(1);
            writer.text(evd::base::cat("f", i));
            writer.unsignedInteger(7);
        });
        printer.survey(record);
    }
    printer.begin(out);
    printer.record(record, out);
    printer.finish(out);
    return out;
}

}  // namespace

TEST_CASE("csv: every field has its column, also where a table would have none for it") {
    const auto printer = evd::evctl::makeCsvPrinter();
    CHECK(csvOfFields(*printer, evd::evctl::kColumnsMax + 1).ends_with(",7\r\n"));
    CHECK(evd::evctl::checkRefused(printer->refused(), "csv").ok());
    const auto full = evd::evctl::makeCsvPrinter();
    CHECK(csvOfFields(*full, evd::evctl::kCsvColumnsMax).ends_with(",7\r\n"));
    CHECK(evd::evctl::checkRefused(full->refused(), "csv").ok());
}

TEST_CASE("csv: a record that it has no column for is refused, and said to be") {
    const auto printer = evd::evctl::makeCsvPrinter();
    CHECK_FALSE(csvOfFields(*printer, evd::evctl::kCsvColumnsMax + 1).ends_with("7\r\n"));
    CHECK(printer->refused() == 1);
    CHECK(evd::evctl::checkRefused(printer->refused(), "csv").error().kind ==
          evd::base::ErrorKind::Unsupported);
}
