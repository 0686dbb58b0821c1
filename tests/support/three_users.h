#pragma once

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/access_policies.h"
#include "tests/support/other_user.h"
#include "tests/support/viewed_group.h"

#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// Users that no user database knows (access_questions.h says what each of them sees).
inline constexpr uid_t kRoot = 0;
inline constexpr uid_t kOneType = 61001;
inline constexpr uid_t kPart = 61002;
inline constexpr uid_t kNoEvents = 61003;

inline constexpr size_t kHidden = 50;

inline bool isSkipped() {
    if (canActAsOthers()) {
        return false;
    }
    MESSAGE("skipped: only root can ask as somebody else");
    return true;
}

using AccessRules = std::vector<std::pair<std::string, std::string>>;

inline std::string keyText(const std::string& kind, const AccessRules& rules) {
    std::string text =
        base::cat(R"({"path": "Machine/System/eventd/Security/)", kind, R"(", "values": [)");
    const char* separator = "";
    for (const auto& [pattern, sddl] : rules) {
        text += base::cat(separator, R"({"name": ")", pattern, R"(", "type": "sddl", "data": ")",
                          sddl, R"("})");
        separator = ", ";
    }
    return text + "]}";
}

// `open_to_one_type` is the event type of which kOneType sees everything.
inline std::string policyText(const std::string& open_to_one_type) {
    const std::string nobody = Grants().sddl();
    const AccessRules events = {
        {"*", nobody},
        {open_to_one_type, Grants().all(kOneType).sddl()},
        {"acc.part", Grants().fields(kPart, {"timestamp", "event_type", "n"}).sddl()}};
    const AccessRules logs = {{"*", Grants().all(kNoEvents).sddl()},
                              {"acc.shop", Grants().all(kNoEvents).all(kPart).sddl()}};
    const AccessRules metrics = {
        {"*", Grants().all(kNoEvents).sddl()},
        {"acc.disk",
         Grants().fields(kNoEvents, {"timestamp", "name", "type", "value", "device"}).sddl()},
        {"acc.dark", nobody},
        {"odd", nobody}};
    return base::cat(R"({"keys": [)", keyText("Events", events), ", ", keyText("Logs", logs), ", ",
                     keyText("Metrics", metrics), "]}");
}

inline int64_t nowNs() {
    return base::SystemClock().wallNs();
}

inline void measure(ViewedGroup& group, int64_t timestamp_ns, std::string_view name, double value,
                    const std::vector<wire::MetricLabel>& labels) {
    wire::MetricRecord record;
    record.name = name;
    record.labels = labels;
    record.timestamp_ns = timestamp_ns;
    record.value = value;
    REQUIRE(group.measure(record));
}

inline void sendMetrics(ViewedGroup& group) {
    const int64_t timestamp_ns = nowNs() - base::kNsPerSecond;
    measure(group, timestamp_ns, "acc.cpu", 1, {{"core", "0"}});
    measure(group, timestamp_ns, "acc.dark", 9, {});
    measure(group, timestamp_ns, "acc.disk", 2, {{"device", "x"}, {"mount", "y"}});
    measure(group, timestamp_ns, "acc.disk", 3, {{"device", "x"}, {"mount", "z"}});
    const wire::Histogram histogram{{1}, {1}, 1, 1};
    wire::MetricRecord odd;
    odd.name = "odd.hist";
    odd.type = wire::MetricType::Histogram;
    odd.timestamp_ns = timestamp_ns;
    odd.histogram = &histogram;
    REQUIRE(group.measure(odd));
}

// The records of access_questions.h, and a wait until they are stored.
inline std::unique_ptr<ViewedGroup> groupWithRecords() {
    auto group = std::make_unique<ViewedGroup>(policyText("acc.open"));
    REQUIRE(group->isReady());
    sendMetrics(*group);
    REQUIRE(group->log("acc.shop", "sold apples"));
    REQUIRE(group->log("acc.shop", "till broken", /*is_error=*/true));
    REQUIRE(group->log("acc.quiet", "psst apples"));
    REQUIRE(group->emit("acc.open", R"({"n": 1, "secret": 7, "who": "eve"})"));
    REQUIRE(group->emit("acc.open", R"({"n": 2, "secret": 8, "who": "bob"})"));
    REQUIRE(group->emit("acc.part", R"({"n": 3, "secret": 7, "who": "eve"})"));
    REQUIRE(group->emit("acc.part", R"({"n": 4, "secret": 8, "who": "bob"})"));
    REQUIRE(group->emit("acc.dark", R"({"n": 5, "secret": 7, "who": "eve"})"));
    REQUIRE(group->waitForAnswer(kRoot, "EVENTS acc.* COUNT", R"({"count":5} )"));
    REQUIRE(group->waitForAnswer(kRoot, "LOGS FROM acc.shop, acc.quiet COUNT", R"({"count":3} )"));
    REQUIRE(group->waitForAnswer(kRoot, "METRIC acc.* SUM SELECT value", R"({"value":15.0} )"));
    REQUIRE(group->waitForAnswer(kRoot, "METRIC odd.hist P50 SELECT value", R"({"value":1.0} )"));
    return group;
}

// Records that nobody sees but root, and kNoEvents the logs; with values like those that are seen.
inline void addHidden(ViewedGroup& group) {
    for (size_t i = 0; i < kHidden; ++i) {
        const std::string core = base::cat(i);
        measure(group, nowNs(), "acc.dark", 1, {{"core", core}});
        REQUIRE(group.log("acc.noise", "sold apples", /*is_error=*/true));
    }
    REQUIRE(group.emitMany("acc.dark", R"({"n": 1, "secret": 7, "who": "eve"})", kHidden));
    REQUIRE(group.waitForAnswer(kRoot, "EVENTS acc.dark WHERE n == 1 COUNT",
                                base::cat(R"({"count":)", kHidden, "} ")));
    REQUIRE(group.waitForAnswer(kRoot, "LOGS FROM acc.noise COUNT",
                                base::cat(R"({"count":)", kHidden, "} ")));
    std::string each;
    for (size_t i = 0; i < kHidden; ++i) {
        each += R"({"value":1.0} )";
    }
    REQUIRE(
        group.waitForAnswer(kRoot, "METRIC acc.dark[] WHERE core IS NOT NULL SELECT value", each));
}

}  // namespace evd::test
