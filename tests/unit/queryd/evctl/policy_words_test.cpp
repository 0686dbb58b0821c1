#include "queryd/evctl/policy_words.h"

#include "common/access/unix_token.h"
#include "common/base/text.h"
#include "queryd/evctl/policy_command.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

namespace evd::evctl {
namespace {

using access::ObjectKind;

config::Configuration configured() {
    config::Configuration configuration;
    const auto field = test::guidText(access::fieldGuid("timestamp"));
    auto policy = test::policyOf(
        ObjectKind::Events,
        {{"kacs", base::cat("O:SYD:(A;;0x1;;;BA)(OA;;0x1;", field, ";;S-1-22-2-1500)")},
         {"shut", ""}});
    policy.set(ObjectKind::Events, {"broken", {1}, false});
    configuration.settings.setSecurity(policy);
    for (const char* pattern : {"kacs", "shut", "broken"}) {
        configuration.sources.emplace(base::cat("Security\\Events\\", pattern), "a.reg");
    }
    return configuration;
}

ShownAccess askedAbout(std::string_view name, const access::UnixUser& user,
                       const std::vector<std::string>& fields = {}) {
    const auto configuration = configured();
    const access::PatternTable table(configuration.settings.security());
    return accessOf(table, access::tokenOfUnixUser(user, {0, {27}}), ObjectKind::Events, name,
                    fields);
}

TEST_CASE("sd show: the pattern a name falls under, where it is set and what it says") {
    const auto rules = rulesOf(configured(), {ObjectKind::Events, ObjectKind::Logs}, "kacs.denied");
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].pattern == "kacs");
    CHECK(rules[0].source == "a.reg");
    CHECK(rules[0].sddl.starts_with("O:SYD:(A;;0x1;;;BA)(OA;"));
    CHECK(rules[1].pattern == "*");
    CHECK(rules[1].source == "default");
    CHECK(rules[1].sddl == access::defaultSddl(ObjectKind::Logs));
}

TEST_CASE("sd show: what shuts a pattern is said in words") {
    const auto rules = allRules(configured(), {ObjectKind::Events, ObjectKind::PublishLogs});
    REQUIRE(rules.size() == 5);
    CHECK(rules[0].pattern == "*");
    CHECK(rules[1].sddl == "unreadable or empty: shown to nobody");
    CHECK(rules[3].sddl == "unreadable or empty: shown to nobody");
    CHECK(rules[4].sddl == "none: everybody may send");
    config::Configuration closed;
    closed.settings.setSecurity(access::closedPolicy());
    CHECK(rulesOf(closed, {ObjectKind::Logs}, "x")[0].sddl.starts_with("no default"));
}

TEST_CASE("sd show: as JSON lines with sorted keys") {
    const auto lines = rulesJsonl(rulesOf(configured(), {ObjectKind::Metrics}, "cpu"));
    CHECK(lines.starts_with(R"({"descriptor":"O:SYG:SYD:P(A;;)"));
    CHECK(lines.ends_with("\"kind\":\"metrics\",\"pattern\":\"*\",\"source\":\"default\"}\n"));
}

TEST_CASE("sd check: per field, asked for fields and all others") {
    const auto answer = askedAbout("kacs.denied", {1001, 1001, {1500}}, {"uid", "timestamp"});
    CHECK(answer.pattern == "kacs");
    CHECK(answer.record);
    REQUIRE(answer.fields.size() == 10);  // nine of every event, uid; timestamp only once
    CHECK(answer.fields.front() == std::pair<std::string, bool>{"timestamp", true});
    CHECK(answer.fields.back() == std::pair<std::string, bool>{"uid", false});
    CHECK(answer.others == false);
}

TEST_CASE("sd check: administrators, strangers, and a pattern that is shut") {
    CHECK(askedAbout("kacs", {1001, 27, {}}).others == true);
    CHECK_FALSE(askedAbout("kacs", {1001, 1001, {}}).record);
    CHECK_FALSE(askedAbout("shut", {0, 0, {}}).record);
    CHECK_FALSE(askedAbout("broken.x", {0, 0, {}}).record);
    CHECK(askedAbout("other", {0, 0, {}}).record);
}

TEST_CASE("sd check: as a table and as JSON lines") {
    const auto answer = askedAbout("shut", {0, 0, {}});
    const auto table = accessTable({answer});
    CHECK(table.find("(the record)") != std::string::npos);
    CHECK(table.find("(any other field)") != std::string::npos);
    CHECK(table.find("yes") == std::string::npos);
    const auto line = accessJsonl({answer});
    CHECK(line.starts_with(R"({"fields":{"timestamp":false,)"));
    CHECK(line.ends_with(
        "\"name\":\"shut\",\"other_fields\":false,\"pattern\":\"shut\",\"record\":false}\n"));
}

TEST_CASE("sd check: who may send under a name is one answer, without fields") {
    const access::PatternTable table(test::policyOf(
        ObjectKind::PublishLogs, {{"web", "O:SYG:SYD:P(A;;0x8;;;S-1-22-1-1001)"}, {"shut", ""}}));
    const auto ask = [&](uid_t uid, const char* name) {
        return publishingOf(table, access::tokenOfUnixUser({uid, uid, {}}, {0, {}}),
                            ObjectKind::PublishLogs, name);
    };
    CHECK(ask(1001, "web.front").record);
    CHECK_FALSE(ask(1002, "web.front").record);
    CHECK_FALSE(ask(1001, "shut").record);
    CHECK(ask(1002, "other").record);
    CHECK(accessTable({ask(1002, "web")}).find("(may send)") != std::string::npos);
    CHECK(accessJsonl({ask(1001, "web.front")}) ==
          R"({"kind":"publish-logs","name":"web.front","pattern":"web","publish":true})"
          "\n");
}

TEST_CASE("sd check: users by name and by number") {
    const auto by_name = findUnixUser("root");
    const auto by_number = findUnixUser("0");
    REQUIRE(by_name.ok());
    REQUIRE(by_number.ok());
    CHECK(by_name.value().uid == 0);
    CHECK(by_number.value().gid == by_name.value().gid);
    CHECK_FALSE(findUnixUser("no such user").ok());
    CHECK_FALSE(findUnixUser("4294967295").ok());
}

}  // namespace
}  // namespace evd::evctl
