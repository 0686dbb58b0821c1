#include "queryd/evctl/import/audit_log.h"

#include "queryd/evctl/import/audit_line.h"
#include "tests/support/imported_records.h"

#include <doctest/doctest.h>

using evd::base::cat;
using evd::evctl::ImportReport;
using evd::evctl::ImportSink;
using evd::evctl::kAuditEventRecordsMax;
using evd::evctl::kAuditFieldsMax;
using evd::evctl::kAuditOpenMax;
using evd::evctl::parseAuditLine;
using evd::test::importInPieces;
using evd::test::ImportOutcome;
using Lines = std::vector<std::string>;

namespace {

ImportOutcome import(std::string_view text) {
    return importInPieces(text, SIZE_MAX, [](ImportReport& report, ImportSink& sink) {
        return evd::evctl::makeAuditLogParser(report, sink);
    });
}

// One record of the event with that number.
std::string record(std::string_view type, uint64_t serial, std::string_view fields,
                   std::string_view seconds = "1364481363") {
    return cat("type=", type, " msg=audit(", seconds, ".243:", serial, "): ", fields, '\n');
}

// The fields of a record, as JSON.
std::string fieldsOf(std::string_view type, std::string_view fields) {
    const Lines events = import(record(type, 1, fields)).records;
    REQUIRE(events.size() == 1);
    const std::string key = cat("\"", evd::base::foldAscii(type), "\":");
    const size_t begin = events[0].find(key) + key.size();
    size_t end = begin;
    int depth = 0;
    do {  // braces within texts come in pairs, too
        depth += events[0][end] == '{' || events[0][end] == '[' ? 1 : 0;
        depth -= events[0][end] == '}' || events[0][end] == ']' ? 1 : 0;
    } while (++end < events[0].size() && depth > 0);
    return events[0].substr(begin, end - begin);
}

}  // namespace

TEST_CASE("audit log: records of one id are one event, also between those of others") {
    const ImportOutcome outcome =
        import(record("SYSCALL", 7, "syscall=59 success=yes") + record("USER_CMD", 8, "pid=1") +
               record("CWD", 7, "cwd=\"/root\"") + record("PATH", 7, "item=0 name=\"/bin/ls\"") +
               record("PATH", 7, "item=1 name=\"/lib\"") + record("EOE", 7, ""));
    CHECK(
        outcome.records ==
        Lines{"event audit.syscall {\"cwd\":{\"cwd\":\"/root\"},\"path\":[{\"item\":0,\"name\":"
              "\"/bin/ls\"},{\"item\":1,\"name\":\"/lib\"}],\"serial\":7,\"syscall\":{\"success\":"
              "true,\"syscall\":59},\"time\":1364481363243000000}",
              "event audit.user_cmd {\"serial\":8,\"time\":1364481363243000000,\"user_cmd\":{"
              "\"pid\":1}}"});
    CHECK(outcome.event_lines == std::vector<uint64_t>{1, 2});
    CHECK(outcome.report == "understood: 5 audit records\nunderstood: 2 events\n");
}

TEST_CASE("audit log: fields are what they are") {
    CHECK(fieldsOf("SYSCALL",
                   "arch=c000003e exit=-13 a0=7fff a3=ffffffffffffffff auid=4294967295 "
                   "success=no comm=\"a b\" exe=2F62696E2F61 tty=(none) key=(null)") ==
          "{\"a0\":32767,\"a3\":18446744073709551615,\"arch\":\"c000003e\",\"auid\":4294967295,"
          "\"comm\":\"a b\",\"exe\":\"/bin/a\",\"exit\":-13,\"success\":false}");
    CHECK(fieldsOf("SYSCALL",
                   "key=6101"
                   "62 comm=ff00 success=maybe pid=1x") ==
          "{\"comm\":{\"$binary\":\"ff00\"},\"key\":[\"a\",\"b\"],\"pid\":\"1x\",\"success\":"
          "\"maybe\"}");
    CHECK(fieldsOf("PROCTITLE", "proctitle=6C73002D6C00") == "{\"proctitle\":\"ls -l\"}");
    CHECK(fieldsOf("SOCKADDR", "saddr=0200") == "{\"saddr\":{\"$binary\":\"0200\"}}");
    CHECK(fieldsOf("OBJ", "mode=0100644 dev=fd:00 a0=12") ==
          "{\"a0\":\"12\",\"dev\":\"fd:00\",\"mode\":33188}");
}

TEST_CASE("audit log: the fields of a user record stand in its message") {
    CHECK(fieldsOf("USER_LOGIN",
                   "pid=1 msg='op=login acct=\"root\" exe=\"/bin/login\" hostname=? "
                   "res=success'\x1dUID=\"root\" AUID=\"unset\"") ==
          "{\"acct\":\"root\",\"auid_name\":\"unset\",\"exe\":\"/bin/login\",\"op\":\"login\","
          "\"pid\":1,\"res\":\"success\",\"uid_name\":\"root\"}");
    CHECK(fieldsOf("AVC", "avc:  denied  { read } for  pid=7 name=\"x\"") ==
          "[{\"name\":\"x\",\"pid\":7,\"text\":\"avc: denied { read } for\"}]");
    CHECK(fieldsOf("SOCK", "x=1\x1dSADDR={ saddr_fam=inet laddr=1.2.3.4 }") ==
          "{\"saddr_name\":\" saddr_fam=inet laddr=1.2.3.4 \",\"x\":\"1\"}");
    // Quotes that nobody closes end with the line.
    CHECK(fieldsOf("USER_X", "msg='op=a b=\"c") == "{\"b\":\"c\",\"op\":\"a\"}");
}

TEST_CASE("audit log: a command line is put together from its pieces") {
    const ImportOutcome outcome =
        import(record("EXECVE", 1, "argc=3 a0=\"ls\" a1_len=6 a1[0]=6162 a1[1]=63") +
               record("EXECVE", 1, "a2=\"12\""));
    CHECK(outcome.records ==
          Lines{"event audit.execve {\"execve\":{\"argc\":3,\"argv\":[\"ls\",\"abc\",\"12\"]},"
                "\"serial\":1,\"time\":1364481363243000000}"});
}

TEST_CASE("audit log: names of records and nodes") {
    CHECK(import("node=web1 " + record("UNKNOWN[1334]", 1, "prog-id=3")).records ==
          Lines{"event audit.unknown_1334 {\"node\":\"web1\",\"serial\":1,\"time\":"
                "1364481363243000000,\"unknown_1334\":{\"prog-id\":\"3\"}}"});
    CHECK(import(record("X", 1, "a=1") + record("X", 1, "a=2")).records ==
          Lines{"event audit.x {\"serial\":1,\"time\":1364481363243000000,\"x\":{\"a\":\"1\"},"
                "\"x_2\":{\"a\":\"2\"}}"});
    // A record may not take the name of what every event has.
    CHECK(import(record("TIME", 1, "a=1")).records ==
          Lines{"event audit.time {\"serial\":1,\"time\":1364481363243000000,\"time_\":{\"a\":"
                "\"1\"}}"});
}

TEST_CASE("audit log: an event ends when younger ones come, or too many") {
    // Two seconds later the rest of it would be another event.
    CHECK(import(record("X", 1, "") + record("X", 2, "", "1364481366") + record("X", 1, ""))
              .records.size() == 3);
    CHECK(import(record("X", 1, "") + record("X", 2, "", "1364481365") + record("X", 1, ""))
              .records.size() == 2);
    for (const auto& [others, events] :
         {std::pair(kAuditOpenMax - 1, kAuditOpenMax), {kAuditOpenMax, kAuditOpenMax + 2}}) {
        std::string text = record("X", 0, "");
        for (uint64_t i = 1; i <= others; ++i) {
            text += record("X", i, "");
        }
        CHECK(import(text + record("Y", 0, "")).records.size() == events);
    }
}

TEST_CASE("audit log: an event has a limit") {
    std::string text;
    for (size_t i = 0; i < kAuditEventRecordsMax; ++i) {
        text += record("PATH", 1, "item=1");
    }
    CHECK(import(text).report == "understood: 1024 audit records\nunderstood: 1 events\n");
    CHECK(import(text + record("PATH", 1, "x=1"))
              .report.find("1, a record of an event that is too large\n    line 1025:") !=
          std::string::npos);
    const std::string half = "x=" + std::string(evd::evctl::kAuditEventBytesMax / 2, 'y');
    const ImportOutcome bytes =
        import(record("A", 1, half) + record("B", 1, half) + record("C", 1, "z=1"));
    CHECK(bytes.records.size() == 1);
    CHECK(bytes.report.find("1, a record of an event that is too large") != std::string::npos);
}

TEST_CASE("audit line: what is none, and why") {
    for (const char* text : {"", "x", "type=", "type=X", "type=X msg=audit(1.243:1", "node=a",
                             "node=a type=X", "type= msg=audit(1.243:1):"}) {
        CHECK_FALSE(parseAuditLine(text).ok());
    }
    for (const char* id : {"1.24:1", "1.2433:1", "1:1", "x.243:1", "1.243:", "1.243:-1",
                           "9223372036.000:1", "1.243:99999999999999999999"}) {
        const auto parsed = parseAuditLine(cat("type=X msg=audit(", id, "): a=1"));
        REQUIRE_FALSE(parsed.ok());
        CHECK(parsed.error().text == "a record without a readable id");
    }
    CHECK(parseAuditLine("type=X msg=audit(9223372034.999:18446744073709551615):").ok());
    CHECK_FALSE(parseAuditLine(cat("type=", std::string(65, 'X'), " msg=audit(1.243:1):")).ok());
    CHECK(parseAuditLine(cat("type=", std::string(64, 'X'), " msg=audit(1.243:1):")).ok());
}

TEST_CASE("audit line: fields have a limit") {
    std::string text = "type=X msg=audit(1.243:1):";
    for (size_t i = 0; i < kAuditFieldsMax; ++i) {
        text += " a=1";
    }
    CHECK(parseAuditLine(text).value().fields.size() == kAuditFieldsMax);
    CHECK_FALSE(parseAuditLine(text + " a=1").ok());
}

TEST_CASE("audit line: a message within a message is none, however many there are") {
    std::string line = "type=USER_CMD msg=audit(1.243:1): ";
    while (line.size() < evd::evctl::kImportLineBytesMax) {
        line += "msg='";
    }
    const auto parsed = parseAuditLine(line);
    REQUIRE(parsed.ok());
    CHECK(parsed.value().fields.size() == 1);
    CHECK(fieldsOf("USER_CMD", "msg='op=x msg='y' res=success'") ==
          R"({"msg":"'y'","op":"x","res":"success"})");
}
