#include "common/access/publish_access.h"

#include "common/access/unix_token.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

namespace rights = evd::access;
using evd::test::policyOf;
using rights::ObjectKind;

namespace {

const rights::Token kAlice = rights::tokenOfUnixUser({1001, 1500, {}}, {0, {}});
const rights::Token kSystem = rights::tokenOfUnixUser({0, 0, {}}, {0, {}});

bool may(const rights::Token& token, const char* sddl) {
    const rights::PatternTable table(policyOf(ObjectKind::PublishLogs, {{"web", sddl}}));
    return rights::mayPublish(token, ObjectKind::PublishLogs,
                              table.resolve(ObjectKind::PublishLogs, "web.front"));
}

}  // namespace

TEST_CASE("publish access: only EVENTD_PUBLISH lets send, reading does not") {
    CHECK(may(kAlice, "O:SYG:SYD:P(A;;0x8;;;S-1-22-1-1001)"));
    CHECK(may(kAlice, "O:SYG:SYD:P(A;;0x8;;;S-1-22-2-1500)"));  // the primary group
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(A;;0x7;;;S-1-22-1-1001)"));
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(A;;0x8;;;S-1-22-1-1002)"));
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(D;;0x8;;;S-1-22-1-1001)(A;;0x8;;;WD)"));
}

TEST_CASE("publish access: writing and everything mean publishing, reading does not") {
    CHECK(may(kAlice, "O:SYG:SYD:P(A;;GW;;;WD)"));
    CHECK(may(kAlice, "O:SYG:SYD:P(A;;GA;;;WD)"));
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(A;;GRGX;;;WD)"));
}

TEST_CASE("publish access: conditions meet the kind and the pattern (Spec §9.1)") {
    CHECK(may(kAlice,
              "O:SYG:SYD:P(XA;;0x8;;;WD;(@Local.kind == \"publish-logs\" && @Local.pattern == "
              "\"web\"))"));
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(XA;;0x8;;;WD;(@Local.kind == \"logs\"))"));
}

TEST_CASE("publish access: a rule for a field opens nothing (Ruling A1)") {
    CHECK_FALSE(may(kAlice, "O:SYG:SYD:P(OA;;0x8;341d2267-b9db-536b-b36c-94ab6cd47e4c;;WD)"));
}

TEST_CASE("publish access: nobody is exempt, SYSTEM has to be named") {
    CHECK_FALSE(may(kSystem, "O:BAG:SYD:P(A;;0x8;;;S-1-22-1-1001)"));
    CHECK(may(kSystem, "O:BAG:SYD:P(A;;0x8;;;SY)"));
}

TEST_CASE("publish access: what cannot be read or was set to nothing, closes its pattern") {
    auto policy = policyOf(ObjectKind::PublishMetrics, {{"a", ""}});
    policy.set(ObjectKind::PublishMetrics, {"b", {1, 2, 3}, true});
    policy.set(ObjectKind::PublishMetrics, {"c", {}, false});
    const rights::PatternTable table(policy);
    const auto ask = [&](const char* name) {
        return rights::mayPublish(kSystem, ObjectKind::PublishMetrics,
                                  table.resolve(ObjectKind::PublishMetrics, name));
    };
    CHECK_FALSE(ask("a"));
    CHECK_FALSE(ask("b.x"));
    CHECK_FALSE(ask("c"));
    CHECK(ask("d"));                                    // absent: everybody
    CHECK_FALSE(may(kSystem, "G:SYD:P(A;;0x8;;;WD)"));  // without owner
}

TEST_CASE("publish access: open to all only where nothing is set") {
    const auto isOpen = [](const rights::SecurityPolicy& policy, ObjectKind kind) {
        return rights::isOpenToAll(rights::PatternTable(policy), kind);
    };
    CHECK(isOpen({}, ObjectKind::PublishLogs));
    CHECK(isOpen({}, ObjectKind::PublishMetrics));
    CHECK_FALSE(isOpen({}, ObjectKind::Logs));
    const auto one = policyOf(ObjectKind::PublishLogs, {{"a", "O:SYG:SYD:(A;;0x8;;;WD)"}});
    CHECK_FALSE(isOpen(one, ObjectKind::PublishLogs));
    CHECK(isOpen(one, ObjectKind::PublishMetrics));
    CHECK_FALSE(isOpen(policyOf(ObjectKind::PublishLogs, {{"*", ""}}), ObjectKind::PublishLogs));
    CHECK_FALSE(isOpen(rights::closedPolicy(), ObjectKind::PublishLogs));
}
