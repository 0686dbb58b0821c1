#include "queryd/evctl/output/explanation_printer.h"

#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::evctl {
namespace {

std::string printed(const std::vector<std::string>& records) {
    const auto printer = makeExplanationPrinter();
    std::string out;
    printer->begin(out);
    for (const std::string& record : records) {
        printer->record(test::msgpackOfJson(record).value(), out);
    }
    printer->finish(out);
    return out;
}

TEST_CASE("explanation printer: plan, what was read, and the whole stand under one another") {
    CHECK(
        printed({R"({"step":"plan","text":"events in every database"})",
                 R"({"step":"plan","text":"take: 5"})",
                 R"({"step":"survey","database":"shard-0000.db","access":"SCAN event_types",
                       "rows_looked_at":4,"rows_matched":3,"bytes_read":2048,"time_ns":1234567,
                       "slices":1,"cut_short":true,"left_out":false})",
                 R"({"step":"answer","records":5,"bytes":700,"time_ns":2000})"}) ==
        "Plan\n"
        "  events in every database\n"
        "  take: 5\n"
        "\n"
        "Read\n"
        "  step    database       looked at  matched  bytes read  time      how\n"
        "  survey  shard-0000.db  4          3        2.0 KiB     1.234 ms  SCAN event_types; cut "
        "short\n"
        "\n"
        "Answer\n"
        "  5 records, 700 B, in 0.002 ms\n");
}

TEST_CASE("explanation printer: nothing read and a failure are said, what is no text is harmless") {
    CHECK(printed({R"({"step":"plan","text":"a\u001b[2Jb"})", R"({"n":1})",
                   R"({"step":"answer","records":0,"bytes":0,"time_ns":-5,"error":"too late"})"}) ==
          "Plan\n"
          "  a\\x1b[2Jb\n"
          "\n"
          "Read\n"
          "  nothing\n"
          "\n"
          "Answer\n"
          "  0 records, 0 B, in 0.000 ms\n"
          "  failed: too late\n");
}

}  // namespace
}  // namespace evd::evctl
