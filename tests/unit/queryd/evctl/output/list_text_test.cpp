#include "queryd/evctl/output/list_text.h"

#include <doctest/doctest.h>

namespace evd::evctl {
namespace {

TEST_CASE("list text: people get the table, programs lines or one array of them") {
    const std::string jsonl = "{\"a\":1}\n{\"a\":2}\n";
    CHECK(listText("", "A", jsonl) == "A");
    CHECK(listText("table", "A", jsonl) == "A");
    CHECK(listText("pretty", "A", jsonl) == "A");
    CHECK(listText("jsonl", "A", jsonl) == jsonl);
    CHECK(listText("json", "A", jsonl) == "[\n{\"a\":1},\n{\"a\":2}\n]\n");
}

TEST_CASE("list text: an array of nothing, of one line, of a line that does not end") {
    CHECK(listText("json", "", "") == "[]\n");
    CHECK(listText("json", "", "1\n") == "[\n1\n]\n");
    CHECK(listText("json", "", "1\n2") == "[\n1,\n2\n]\n");
}

TEST_CASE("list text: formats of records are none of a list") {
    for (const char* word : {"", "table", "pretty", "jsonl", "json"}) {
        CAPTURE(word);
        CHECK(isListFormat(word));
    }
    for (const char* word : {"csv", "msgpack"}) {
        CAPTURE(word);
        CHECK_FALSE(isListFormat(word));
    }
}

}  // namespace
}  // namespace evd::evctl
