#include "common/access/pattern_table.h"

#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

using evd::access::ObjectKind;
using evd::access::PatternTable;
using evd::access::ResolvedPattern;
using evd::access::SecurityPolicy;
using evd::test::policyOf;
using Answer = evd::access::ResolvedPattern::Answer;
using Source = evd::access::ResolvedPattern::Source;

namespace {

constexpr auto kSystemOnly = "O:SYD:(A;;0x1;;;SY)";

std::string patternOf(const PatternTable& table, std::string_view name,
                      ObjectKind kind = ObjectKind::Events) {
    return table.resolve(kind, name).pattern;
}

Answer answerOf(const PatternTable& table, std::string_view name,
                ObjectKind kind = ObjectKind::Events) {
    return table.resolve(kind, name).answer;
}

}  // namespace

TEST_CASE("patterns: the exact name, then up by its dots, then the wildcard (Spec §9.1)") {
    const PatternTable table(
        policyOf(ObjectKind::Events,
                 {{"*", kSystemOnly}, {"kacs", kSystemOnly}, {"kacs.access.denied", kSystemOnly}}));
    CHECK(patternOf(table, "kacs.access.denied") == "kacs.access.denied");
    CHECK(patternOf(table, "kacs.access.denied.twice") == "kacs.access.denied");
    CHECK(patternOf(table, "kacs.access") == "kacs");
    CHECK(patternOf(table, "kacs") == "kacs");
    CHECK(patternOf(table, "lcs.key") == "*");
}

TEST_CASE("patterns: only a dot separates, a longer word is another name (Spec §9.1)") {
    const PatternTable table(policyOf(ObjectKind::Events, {{"kacs", kSystemOnly}}));
    CHECK(patternOf(table, "kacs_extended") == "*");
    CHECK(patternOf(table, "kacsfoo") == "*");
    CHECK(patternOf(table, "kac") == "*");
    CHECK(patternOf(table, "x.kacs") == "*");
    CHECK(patternOf(table, "kacs.") == "kacs");
    CHECK(patternOf(table, ".kacs") == "*");
    CHECK(patternOf(table, "") == "*");
}

TEST_CASE("patterns: names compare as registry names do") {
    const PatternTable table(policyOf(ObjectKind::Logs, {{"SSHD", kSystemOnly}}));
    CHECK(patternOf(table, "sshd", ObjectKind::Logs) == "SSHD");
    CHECK(patternOf(table, "Sshd.child", ObjectKind::Logs) == "SSHD");
}

TEST_CASE("patterns: the kinds know nothing of one another (Spec §9.1)") {
    const PatternTable table(policyOf(ObjectKind::Logs, {{"loregd", kSystemOnly}}));
    CHECK(patternOf(table, "loregd", ObjectKind::Logs) == "loregd");
    CHECK(patternOf(table, "loregd", ObjectKind::Events) == "*");
    CHECK(patternOf(table, "loregd", ObjectKind::Metrics) == "*");
}

TEST_CASE("patterns: without a registry the defaults stand (Ruling A10)") {
    const PatternTable table{SecurityPolicy()};
    const auto& events = table.resolve(ObjectKind::Events, "any");
    CHECK(events.answer == Answer::Ask);
    CHECK(events.source == Source::Default);
    CHECK(events.descriptor.dacl->aces.size() == 2);
    for (const ObjectKind kind : {ObjectKind::Logs, ObjectKind::Metrics}) {
        CHECK(table.resolve(kind, "any").descriptor.dacl->aces.size() == 3);
    }
}

TEST_CASE("patterns: a wildcard set to nothing closes its kind and no other (§9.1, Ruling A10)") {
    const PatternTable table(
        policyOf(ObjectKind::Events, {{"*", ""}, {"kacs", "O:SYD:(A;;0x1;;;WD)"}}));
    CHECK(answerOf(table, "any") == Answer::Closed);
    CHECK(answerOf(table, "kacs") == Answer::Closed);
    CHECK(table.resolve(ObjectKind::Events, "kacs").source == Source::Nothing);
    CHECK(answerOf(table, "any", ObjectKind::Logs) == Answer::Ask);
}

TEST_CASE("patterns: one set to nothing is closed and does not fall to a wider one") {
    const PatternTable table(policyOf(ObjectKind::Events, {{"kacs", ""}}));
    CHECK(answerOf(table, "kacs.x") == Answer::Closed);
    CHECK(answerOf(table, "lcs") == Answer::Ask);
}

TEST_CASE("patterns: what cannot be read closes its own pattern only (Ruling A6)") {
    SecurityPolicy policy = policyOf(ObjectKind::Events, {{"kacs.fine", kSystemOnly}});
    policy.set(ObjectKind::Events, {"kacs", {1, 2, 3}, true});
    policy.set(ObjectKind::Events, {"lcs", {}, false});
    const PatternTable table(policy);
    CHECK(answerOf(table, "kacs") == Answer::Closed);
    CHECK(answerOf(table, "kacs.other") == Answer::Closed);
    CHECK(answerOf(table, "kacs.fine") == Answer::Ask);
    CHECK(answerOf(table, "lcs") == Answer::Closed);
    CHECK(answerOf(table, "any") == Answer::Ask);
}

TEST_CASE("patterns: a wildcard that cannot be read leaves patterns of their own (Ruling A6)") {
    SecurityPolicy policy = policyOf(ObjectKind::Events, {{"kacs", kSystemOnly}});
    policy.set(ObjectKind::Events, {"*", {1}, false});
    const PatternTable table(policy);
    CHECK(answerOf(table, "any") == Answer::Closed);
    CHECK(answerOf(table, "kacs") == Answer::Ask);
}

TEST_CASE("patterns: sending is open until a rule says otherwise") {
    const PatternTable table(policyOf(ObjectKind::PublishLogs, {{"sshd", kSystemOnly}}));
    CHECK(answerOf(table, "cron", ObjectKind::PublishLogs) == Answer::Open);
    CHECK(answerOf(table, "sshd", ObjectKind::PublishLogs) == Answer::Ask);
    CHECK(answerOf(table, "x", ObjectKind::PublishMetrics) == Answer::Open);
    CHECK(answerOf(PatternTable(evd::access::closedPolicy()), "x", ObjectKind::PublishLogs) ==
          Answer::Closed);
}

TEST_CASE("patterns: rules for fields are noticed (Spec §9.2)") {
    const PatternTable table(
        policyOf(ObjectKind::Events,
                 {{"plain", kSystemOnly},
                  {"fields", "O:SYD:(OA;;0x1;341d2267-b9db-536b-b36c-94ab6cd47e4c;;AU)"}}));
    CHECK_FALSE(table.resolve(ObjectKind::Events, "plain").by_field);
    CHECK(table.resolve(ObjectKind::Events, "fields").by_field);
}

TEST_CASE("patterns: ids are different for every rule of every kind") {
    const PatternTable table(policyOf(ObjectKind::Events, {{"a", kSystemOnly}, {"b", ""}}));
    std::vector<bool> seen(table.size());
    for (const ObjectKind kind : evd::access::kObjectKinds) {
        for (const ResolvedPattern* rule : table.rules(kind)) {
            REQUIRE(rule->id < seen.size());
            CHECK_FALSE(seen[rule->id]);
            seen[rule->id] = true;
        }
    }
}

TEST_CASE("patterns: a very long name is resolved by the part that patterns can have") {
    const PatternTable table(policyOf(ObjectKind::Events, {{"a", kSystemOnly}}));
    std::string name = "a";
    for (int part = 0; part < 100'000; ++part) {
        name += ".x";
    }
    CHECK(patternOf(table, name) == "a");
}
