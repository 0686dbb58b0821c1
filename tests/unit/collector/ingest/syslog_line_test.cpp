#include "collector/ingest/syslog_line.h"

#include "common/base/iso_time.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
using evd::base::parseIsoTime;

namespace {

constexpr int64_t kReceiptNs = 1'767'225'600'000'000'000;

// What a line becomes, as "origin|E or -|message|time", where a time of receipt is "now".
std::string parsed(std::string line) {
    std::vector<uint8_t> bytes(line.begin(), line.end());
    const auto record = collector::parseSyslogLine(bytes, kReceiptNs);
    if (!record) {
        return "none";
    }
    const std::string time = record->timestamp_ns == kReceiptNs
                                 ? std::string("now")
                                 : base::formatIsoTime(record->timestamp_ns);
    return base::cat(record->origin, "|", record->is_error ? "E" : "-", "|", record->message, "|",
                     time);
}

}  // namespace

TEST_CASE("syslog time: what RFC 5424 allows") {
    CHECK(parseIsoTime("1970-01-01T00:00:00Z") == 0);
    CHECK(parseIsoTime("1985-04-12T23:20:50.52Z") == 482'196'050'520'000'000);
    CHECK(parseIsoTime("1985-04-12T19:20:50.52-04:00") == 482'196'050'520'000'000);
    CHECK(parseIsoTime("2003-08-24T05:14:15.000003-07:00") == 1'061'727'255'000'003'000);
    CHECK(parseIsoTime("2024-02-29T00:00:00.123456789+00:00") == 1'709'164'800'123'456'789);
    CHECK(parseIsoTime("2261-12-31T23:59:59Z") == 9'214'646'399'000'000'000);
}

TEST_CASE("syslog time: what is no time, or none that fits") {
    for (const char* text : {"",
                             "-",
                             "2003",
                             "2003-10-11T22:14:15",
                             "2003-10-11 22:14:15Z",
                             "2003-13-11T22:14:15Z",
                             "2003-00-11T22:14:15Z",
                             "2003-02-29T22:14:15Z",
                             "2003-10-11T24:00:00Z",
                             "2003-10-11T22:60:15Z",
                             "2003-10-11T22:14:60Z",
                             "2003-10-11T22:14:15.Z",
                             "2003-10-11T22:14:15.1234567890Z",
                             "2003-10-11T22:14:15Zx",
                             "2003-10-11T22:14:15+0100",
                             "2003-10-11T22:14:15+24:00",
                             "2003-10-11T22:14:15+01:60",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+00:01",
                             "2262-01-01T00:00:00Z",
                             "x003-10-11T22:14:15Z",
                             "2003-10-11T22:14:15.",
                             "2003-10-11T22:14:15+"}) {
        CAPTURE(text);
        CHECK_FALSE(parseIsoTime(text).has_value());
    }
}

TEST_CASE("syslog: a message of RFC 5424, with and without structured data") {
    CHECK(parsed("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF"
                 "'su root' failed for lonvick on /dev/pts/8") ==
          "su|E|'su root' failed for lonvick on /dev/pts/8|2003-10-11T22:14:15.003000000Z");
    CHECK(parsed("<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 "
                 "iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] An entry") ==
          "evntslog|-|An entry|2003-10-11T22:14:15.003000000Z");
    CHECK(parsed("<165>1 - - app 4711 - [a x=\"]\\\"\\\\\"][b] text") == "app|-|text|now");
    CHECK(parsed("<165>1 - - app - - [a x=\"1\"]") == "app|-|[a x=\"1\"]|now");
    CHECK(parsed("<165>1 - - app - - -  two spaces") == "app|-| two spaces|now");
}

TEST_CASE("syslog: a message of RFC 5424 that does not say who sent it or when") {
    CHECK(parsed("<11>1 - - - - - - text") == "syslog|E|text|now");
    CHECK(parsed("<11>1 yesterday - app - - - text") == "app|E|text|now");
    CHECK(parsed(base::cat("<11>1 - - ", std::string(129, 'a'), " - - - text")) ==
          "syslog|E|text|now");
    CHECK(parsed("<11>1 - - app - - -") == "none");
}

TEST_CASE("syslog: what only begins like RFC 5424 is text") {
    CHECK(parsed("<13>1 - - app - - [a x=\"1\" text") ==
          "syslog|-|1 - - app - - [a x=\"1\" text|now");
    CHECK(parsed("<13>1 - - app - - text") == "syslog|-|1 - - app - - text|now");
    CHECK(parsed("<13>1 - - app - - [a]text") == "syslog|-|1 - - app - - [a]text|now");
    CHECK(parsed("<13>1 2003") == "syslog|-|1 2003|now");
    CHECK(parsed("<13>1 - - app - - [a x=\"\\") == "syslog|-|1 - - app - - [a x=\"\\|now");
}

TEST_CASE("syslog: a message of RFC 3164, from here and from a host") {
    CHECK(parsed("<34>Oct 11 22:14:15 mymachine su: 'su root' failed") ==
          "su|E|'su root' failed|now");
    CHECK(parsed("<13>Oct  1 22:14:15 cron[4711]: (root) CMD (true)\n") ==
          "cron|-|(root) CMD (true)|now");
    CHECK(parsed("<13>Oct 11 22:14:15 fe80::1 app: text") == "app|-|text|now");
    CHECK(parsed("<13>Oct 11 22:14:15 host no tag here") == "syslog|-|host no tag here|now");
    CHECK(parsed("<13>app[1]: text") == "app|-|text|now");
    CHECK(parsed("<13>2026-01-02T03:04:05.000001+01:00 host app: text") ==
          "app|-|text|2026-01-02T02:04:05.000001000Z");
}

TEST_CASE("syslog: what is like a tag and is none") {
    CHECK(parsed("<13>http://x: y") == "syslog|-|http://x: y|now");
    CHECK(parsed("<13>two words: text") == "syslog|-|two words: text|now");
    CHECK(parsed("<13>[1]: text") == "syslog|-|[1]: text|now");
    CHECK(parsed("<13>app[1: text") == "syslog|-|app[1: text|now");
    CHECK(parsed("<13>app[1 2]: text") == "syslog|-|app[1 2]: text|now");
    CHECK(parsed(base::cat("<13>", std::string(128, 'a'), ": t")) ==
          base::cat(std::string(128, 'a'), "|-|t|now"));
    CHECK(parsed(base::cat("<13>", std::string(129, 'a'), ": t")) ==
          base::cat("syslog|-|", std::string(129, 'a'), ": t|now"));
}

TEST_CASE("syslog: err and worse are errors") {
    for (unsigned priority = 0; priority <= 191; ++priority) {
        CHECK(parsed(base::cat("<", priority, ">app: x")) ==
              base::cat("app|", priority % 8 <= 3 ? "E" : "-", "|x|now"));
    }
}

TEST_CASE("syslog: without a priority everything is text (RFC 3164 §4.3.3)") {
    for (const char* line : {"text", "<192>app: x", "<>x", "<1234>x", "<-1>x", "<1 >x", "<13",
                             "app: text", "<", "13>x"}) {
        CHECK(parsed(line) == base::cat("syslog|-|", line, "|now"));
    }
}

TEST_CASE("syslog: an empty message is none") {
    for (const char* line : {"", "\n", "  \r\n", "<13>", "<13>\n", "<13>app: ", "<13>app:"}) {
        CAPTURE(line);
        CHECK(parsed(line) == "none");
    }
    CHECK(parsed(std::string("<13>app: x\0\n\0", 13)) == "app|-|x|now");
}

TEST_CASE("syslog: bytes that are not UTF-8 become question marks") {
    CHECK(parsed("<13>app: gr\xFC\xDF"
                 "e") == "app|-|gr??e|now");
    CHECK(parsed("<13>app: \xC3\xBC \xC3") == "app|-|\xC3\xBC ?|now");
    CHECK(parsed("<13>app: \xE2\x9C\x93\xF0\x9F\x98\x80\xED\xA0\x80") ==
          "app|-|\xE2\x9C\x93\xF0\x9F\x98\x80???|now");
}
