// Who guesses at what they may not see: a question about a hidden value, name or label and the
// same question about one that is stored nowhere get the same bytes (Spec §9.2, Ruling A5). Users
// and records are those of tests/support/access_questions.h.

#include "common/base/text.h"
#include "tests/support/three_users.h"
#include "tests/support/viewed_group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <string>
#include <utility>
#include <vector>

namespace test = evd::test;
using evd::base::cat;
using test::groupWithRecords;
using test::isSkipped;
using test::kNoEvents;
using test::kOneType;
using test::kPart;
using test::kRoot;
using test::ViewedGroup;

namespace {

// What is stored, and what is not.
using Guess = std::pair<std::string, std::string>;

const std::vector<Guess> kConditions = {
    {"secret == 7", "secret == 999"},
    {"secret > 7", "secret > 999"},
    {"secret <= 7", "secret <= -999"},
    {"secret IN (7, 5)", "secret IN (999, 5)"},
    {"secret NOT_IN (7)", "secret NOT_IN (999)"},
    {"secret HAS 7", "secret HAS 999"},
    {"secret == 7 AND n == 3", "secret == 999 AND n == 3"},
    {"secret == 7 OR n == 4", "secret == 999 OR n == 4"},
    {"secret IS NULL", "nowhere IS NULL"},
    {"secret IS NOT NULL", "nowhere IS NOT NULL"},
    {"who == \"eve\"", "who == \"nix\""},
    {"who STARTS_WITH \"ev\"", "who STARTS_WITH \"ni\""},
    {"who ENDS_WITH \"ve\"", "who ENDS_WITH \"ix\""},
    {"who CONTAINS \"v\"", "who CONTAINS \"x\""},
    {"who MATCHES \"^e\"", "who MATCHES \"^x\""},
    {"cpu_id == 0", "cpu_id == 5"},
    {"sequence > 0", "sequence > 999999"},
    {"origin_class == userspace", "origin_class == kacs"},
    {"boot_id IS NULL", "nowhere IS NULL"},
    {"effective_token_guid IS NOT NULL", "nowhere IS NOT NULL"},
};

const std::vector<std::string> kEventTails = {
    "",
    " SELECT n",
    " TAKE 1 SELECT secret, n",
    " SORT n SELECT n",
    " SORT secret",
    " COUNT",
    " COUNT BY n",
    " TOP 1 BY secret",
    " DISTINCT secret",
    " GROUP n SUM secret",
    " GROUP event_type MAX n",
    " COUNT OVER 36500d",
};

const std::vector<std::string> kLogTails = {
    "",
    " SELECT message",
    " CONTAINING apples",
    " CONTAINING apples WITH CONTEXT 2",
    " ERROR ONLY COUNT",
    " SORT message",
    " COUNT BY origin",
    " DISTINCT message",
};

const std::vector<std::string> kMetricTails = {
    "",
    "[]",
    "[] SORT core",
    "[core=\"0\"]",
    " RATE",
    " P50",
    " MAX",
    "[] SUM",
    " SINCE 1h ago",
    "[] SINCE 1h ago SORT value",
    " SINCE 1h ago AVG_OVER 36500d",
    "[] SINCE 1h ago DELTA",
};

// Asks both and compares; answers whether root is told different things, so that a guess which
// could not tell anybody anything is noticed.
bool isTold(const ViewedGroup& group, const std::vector<uid_t>& users, const std::string& stored,
            const std::string& absent) {
    for (const uid_t uid : users) {
        CAPTURE(uid);
        CAPTURE(stored);
        CHECK(group.ask(uid, stored).bytes == group.ask(uid, absent).bytes);
    }
    return group.ask(kRoot, stored).bytes != group.ask(kRoot, absent).bytes;
}

// Every tail behind both; at least one of them tells root something.
void guess(const ViewedGroup& group, const std::vector<uid_t>& users, const Guess& heads,
           const std::vector<std::string>& tails) {
    bool is_told = false;
    for (const std::string& tail : tails) {
        is_told = isTold(group, users, heads.first + tail, heads.second + tail) || is_told;
    }
    CHECK_MESSAGE(is_told, heads.first);
}

void guessConditions(const ViewedGroup& group) {
    for (const auto& [stored, absent] : kConditions) {
        guess(group, {kPart}, {"EVENTS acc.* WHERE " + stored, "EVENTS acc.* WHERE " + absent},
              kEventTails);
        guess(group, {kPart},
              {cat("EVENTS acc.part WHERE NOT (", stored, ")"),
               cat("EVENTS acc.part WHERE NOT (", absent, ")")},
              kEventTails);
    }
}

}  // namespace

TEST_CASE("access guesses: a hidden field answers like one that is not there, indexed or not") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    guessConditions(*group);
    for (const char* field : {"secret", "who"}) {
        REQUIRE(group->ask(kRoot, cat("EVENTS INDEX ", field)).error.empty());
    }
    // Root's question goes by the index from now on.
    REQUIRE(test::waitUntil(test::kPatienceMs, [&] {
        const auto steps = group->ask(kRoot, "EVENTS WHERE secret == 7", {"explain"}).lines;
        return test::summaryOf(steps, "").find("payload_secret") != std::string::npos;
    }));
    guessConditions(*group);
    CHECK(group->stop() == 0);
}

TEST_CASE("access guesses: a hidden type, origin, metric or label answers like none") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    const std::vector<uid_t> all = {kOneType, kPart, kNoEvents};
    guess(*group, all, {"EVENTS acc.dark", "EVENTS acc.none"}, kEventTails);
    guess(*group, {kOneType, kNoEvents}, {"EVENTS acc.part", "EVENTS acc.none"}, kEventTails);
    guess(*group, {kOneType, kPart}, {"LOGS FROM acc.quiet", "LOGS FROM acc.none"}, kLogTails);
    guess(*group, {kPart},
          {"LOGS FROM acc.shop, acc.quiet WHERE message CONTAINS psst", "LOGS FROM acc.none"},
          {"", " COUNT", " WITH CONTEXT 1", " SORT message", " DISTINCT message"});
    guess(*group, all, {"METRIC acc.dark", "METRIC acc.none"}, kMetricTails);
    guess(*group, all, {"METRIC odd.hist", "METRIC acc.none"}, kMetricTails);
    guess(*group, {kNoEvents}, {"METRIC acc.disk[mount=y]", "METRIC acc.disk[mount=none]"},
          {"", " SELECT value", " SORT mount", " MAX", " SINCE 1h ago"});
    guess(
        *group, {kNoEvents},
        {"METRIC acc.disk[mount STARTS_WITH \"y\"]", "METRIC acc.disk[mount STARTS_WITH \"none\"]"},
        {"", " SINCE 1h ago AVG"});
    CHECK(group->stop() == 0);
}

TEST_CASE(
    "access guesses: a condition on a hidden part of another store answers like one on none") {
    if (isSkipped()) {
        return;
    }
    const auto group = groupWithRecords();
    const std::vector<Guess> on_others = {
        {"LOG acc.quiet EXISTS", "LOG acc.none EXISTS"},
        {"LOG acc.quiet CONTAINING apples EXISTS", "LOG acc.none CONTAINING apples EXISTS"},
        {"METRIC acc.dark > 0", "METRIC acc.none > 0"},
        {"METRIC acc.cpu[core=\"0\"] > 0", "METRIC acc.none[core=\"0\"] > 0"},
        {"METRIC odd.hist > 0", "METRIC acc.none > 0"},
        {"METRIC odd.*[] > 0", "METRIC acc.none > 0"},
    };
    for (const auto& [stored, absent] : on_others) {
        for (const char* format : {"EVENTS acc.* SINCE 1h ago WHERE ",
                                   "EVENTS acc.* SINCE 1h ago WHERE n > 0 AND NOT ("}) {
            const char* end = std::string(format).ends_with("(") ? ")" : "";
            guess(*group, {kOneType, kPart}, {cat(format, stored, end), cat(format, absent, end)},
                  kEventTails);
        }
    }
    const std::string of_disk = "LOGS FROM acc.shop SINCE 1h ago WHERE METRIC acc.disk[mount=";
    guess(*group, {kNoEvents}, {of_disk + "\"y\"] > 0", of_disk + "\"none\"] > 0"}, kLogTails);
    const std::string of_shop = "LOGS FROM acc.shop SINCE 1h ago WHERE EVENT ";
    guess(*group, {kPart, kNoEvents}, {of_shop + "acc.dark EXISTS", of_shop + "acc.none EXISTS"},
          kLogTails);
    CHECK(group->stop() == 0);
}
