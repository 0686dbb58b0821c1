#include "queryd/evctl/question_pages.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <vector>

using evd::base::cat;
using evd::base::ErrorKind;
using evd::base::kNsPerSecond;
using evd::evctl::PagedQuestion;
using evd::evctl::planPages;
using evd::evctl::showsSamples;

namespace {

// 2026-01-02 12:00:00 UTC
constexpr int64_t kNow = 1'767'355'200 * kNsPerSecond;

std::string whyNot(std::string_view question) {
    const auto plan = planPages(question, kNow);
    return plan.ok() ? "" : plan.error().text;
}

}  // namespace

TEST_CASE("question pages: times leave the question, and are those of the beginning") {
    const auto plan = planPages(
        "EVENTS a.* SINCE 5m ago UNTIL \"2026-01-02T11:59:00.5Z\" "
        "WHERE x == 1 -- SINCE nothing",
        kNow);
    REQUIRE(plan.ok());
    CHECK(plan.value().head == "EVENTS a.*     WHERE x == 1 -- SINCE nothing");
    CHECK(plan.value().has_since);
    CHECK(plan.value().since_ns == kNow - 300 * kNsPerSecond);
    CHECK(plan.value().until_ns == kNow - 60 * kNsPerSecond + kNsPerSecond / 2);
    CHECK_FALSE(plan.value().oldest_first);
    const auto all = planPages("logs", kNow);
    REQUIRE(all.ok());
    CHECK(all.value().since_ns == 0);
    CHECK(all.value().until_ns == kNow);
    CHECK(planPages("EVENTS SINCE today", kNow).value().since_ns == kNow - 43'200 * kNsPerSecond);
    CHECK(planPages("EVENTS SINCE 2026-01-01 UNTIL 2026-01-02T00:00:00", kNow).value().until_ns ==
          kNow - 43'200 * kNsPerSecond);
}

TEST_CASE("question pages: plain reads have them, whatever their fields are called") {
    for (const char* question :
         {"EVENTS", "EVENTS process.exec WHERE count > 5 AND take == 3",
          "LOGS FROM a, b ERROR ONLY", "LOGS CONTAINING \"COUNT BY\"",
          "EVENTS SELECT name, timestamp WHERE x IN (1)", "EVENTS SORT timestamp DESC",
          "METRIC x[] SINCE 1h ago", "METRIC x[count=\"0\", rate != \"1\"] SINCE 1h ago",
          "EVENTS WHERE sum > 1"}) {
        CHECK_MESSAGE(whyNot(question).empty(), question);
    }
    CHECK(planPages("EVENTS SORT timestamp", kNow).value().oldest_first);
    CHECK(planPages("EVENTS SORT timestamp ASC", kNow).value().oldest_first);
    CHECK(planPages("METRIC x[] SINCE 1h ago", kNow).value().oldest_first);
    CHECK_FALSE(planPages("EVENTS SORT timestamp DESC", kNow).value().oldest_first);
}

TEST_CASE("question pages: answers that are a whole have none, and the reason is said") {
    for (const auto& [question, reason] : std::vector<std::pair<std::string, std::string>>{
             {"EVENTS COUNT", "COUNT answers as a whole"},
             {"EVENTS TAKE 5", "TAKE answers as a whole"},
             {"EVENTS skip 5", "skip answers as a whole"},
             {"EVENTS TOP 5 BY x", "TOP answers as a whole"},
             {"LOGS WITH CONTEXT 3", "CONTEXT answers as a whole"},
             {"EVENTS SORT pid", "SORT by anything but timestamp needs the whole answer"},
             {"EVENTS SORT timestamp, pid",
              "SORT by anything but timestamp needs the whole answer"},
             {"EVENTS SELECT pid", "SELECT leaves the timestamp out"},
             {"EVENTS SELECT pid WHERE timestamp > 5", "SELECT leaves the timestamp out"},
             {"EVENTS WHERE METRIC cpu > 5",
              "a condition on another store looks at the whole range"},
             {"METRIC x SINCE 1h ago", "METRIC without brackets combines series"},
             {"METRIC x[]", "METRIC without SINCE answers with the latest values"},
             {"METRIC x[] SINCE 1h ago RATE", "RATE answers as a whole"},
             {"METRIC x[] SINCE 1h ago AVG_OVER 5m", "AVG_OVER answers as a whole"},
             {"EVENTS SINCE 5m", "the time behind SINCE is not understood"},
             {"EVENTS SINCE 2h hence", "the time behind SINCE is not understood"},
             {"EVENTS SINCE", "SINCE has no time, or two"},
             {"EVENTS SINCE 5m ago SINCE 6m ago", "SINCE has no time, or two"},
             {"", "it begins with none of EVENTS, LOGS and METRIC"}}) {
        CHECK(whyNot(question) == reason);
        if (!question.empty()) {
            CHECK(planPages(question, kNow).error().kind == ErrorKind::Unsupported);
        }
    }
    CHECK(planPages("LOGS STREAM", kNow).error().kind == ErrorKind::Invalid);
}

TEST_CASE("question pages: what METRIC shows as it is") {
    CHECK(showsSamples("METRIC x[]"));
    CHECK(showsSamples("METRIC x[] SINCE 1h ago TAKE 5"));
    CHECK_FALSE(showsSamples("METRIC x"));
    CHECK_FALSE(showsSamples("METRIC x[] RATE"));
    CHECK_FALSE(showsSamples("LOGS x ["));
}
