// docs/query-language.md and docs/evctl.md are kept true by asking what they ask: a real group
// answers each fence of language `query`, and draws each of language `plot`, on the store of
// docs/shop.case, and the page shows what came. EVENTD_DOCS_UPDATE=1 writes into the pages what
// came instead.

#include "common/base/text.h"
#include "tests/process/docs/stores.h"
#include "tests/support/doc_page.h"
#include "tests/support/group.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <cstdlib>

namespace test = evd::test;
using evd::base::cat;

namespace {

const std::string kRows = cat(EVD_SOURCE_FOLDER, "/tests/process/docs/shop.case");

// The rows stay as they are, however old: retention is a decade.
test::RegistryValue forEver(const std::string& name) {
    return {"", name, "dword", "3650"};
}

// What evctl says of a question, mistakes included, as the pages say that it is asked.
std::string answerOf(const std::string& state, const test::DocExample& example) {
    std::vector<std::string> command = {
        "/usr/bin/env", "LC_ALL=C.UTF-8", test::programPath("evctl"), "--state", state, "--utc"};
    command.insert(command.end(), {"--format", "table"});
    if (example.language == "plot") {
        command.emplace_back("--plot");
    }
    command.emplace_back(evd::base::trim(example.text));
    const auto answer = test::runCommand(command);
    return answer.output + answer.errors;
}

// The number of questions asked.
size_t checkPage(const std::string& state, const std::string& name) {
    const std::string path = cat(EVD_SOURCE_FOLDER, "/docs/", name);
    const std::string page = test::readTextFile(path);
    const bool is_update = std::getenv("EVENTD_DOCS_UPDATE") != nullptr;
    std::vector<std::optional<std::string>> came;
    size_t asked = 0;
    for (const test::DocExample& example : test::docExamples(page)) {
        came.emplace_back();
        if (example.language != "query" && example.language != "plot") {
            continue;
        }
        ++asked;
        CAPTURE(example.text);
        REQUIRE(example.shown);
        came.back() = answerOf(state, example);
        if (!is_update) {
            CHECK(*came.back() == *example.shown);
        }
    }
    if (is_update) {
        test::writeTextFile(path, test::docPageShowing(page, came));
    }
    return asked;
}

}  // namespace

TEST_CASE("query language: each question of the pages is answered as they show") {
    const test::StateFolder state;
    REQUIRE(test::makeStores(state.path(), kRows, 0) == "");
    test::Group group(state, {{forEver("EventRetentionDays"),
                               forEver("LogRetentionDays"),
                               forEver("MetricRetentionDays"),
                               {"Linux", "Sensors", "multi", "[]"}},
                              {},
                              {}});
    REQUIRE(group.waitReady());
    CHECK(checkPage(state.path(), "query-language.md") >= 20);
    CHECK(checkPage(state.path(), "evctl.md") >= 2);
    CHECK(group.stop() == 0);
}
