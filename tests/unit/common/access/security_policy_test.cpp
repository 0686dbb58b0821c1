#include "common/access/security_policy.h"

#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

using evd::access::closedPolicy;
using evd::access::foldObjectName;
using evd::access::kObjectKinds;
using evd::access::ObjectKind;
using evd::access::objectKindOf;
using evd::access::ruleText;
using evd::access::SecurityPolicy;
using evd::access::SecurityRule;
using evd::access::wordOf;

TEST_CASE("security policy: names compare as registry names do") {
    CHECK(foldObjectName("KACS.Denied") == "kacs.denied");
    CHECK(foldObjectName("a/b") == foldObjectName("A\\B"));
    CHECK(foldObjectName("//a///b/") == "a\\b");
    CHECK(foldObjectName("") == "");
    CHECK(foldObjectName("Ä") == "Ä");  // only ASCII letters have a case
}

TEST_CASE("security policy: every kind has a word of its own") {
    for (const ObjectKind kind : kObjectKinds) {
        CHECK(objectKindOf(wordOf(kind)) == kind);
    }
    CHECK_FALSE(objectKindOf("files"));
}

TEST_CASE("security policy: the later rule of a pattern replaces the earlier, spelled otherwise") {
    SecurityPolicy policy;
    policy.set(ObjectKind::Logs, {"sshd", {1}, true});
    policy.set(ObjectKind::Logs, {"SSHD", {2}, true});
    policy.set(ObjectKind::Events, {"sshd", {3}, true});
    REQUIRE(policy.rules(ObjectKind::Logs).size() == 1);
    CHECK(policy.rules(ObjectKind::Logs).begin()->second.pattern == "SSHD");
    CHECK(policy.ruleCount() == 2);
    CHECK(policy.rules(ObjectKind::Metrics).empty());
}

TEST_CASE("security policy: as many rules as the limit, and not one more") {
    SecurityPolicy policy;
    for (size_t index = 0; index < SecurityPolicy::kRulesMax; ++index) {
        policy.set(ObjectKind::Events, {evd::base::cat("p", index), {1}, true});
    }
    CHECK(policy.fits());
    policy.set(ObjectKind::Logs, {"one more", {1}, true});
    CHECK_FALSE(policy.fits());
}

TEST_CASE("security policy: as many bytes as the limit, and not one more") {
    SecurityPolicy policy;
    policy.set(ObjectKind::Events,
               {"p", std::vector<uint8_t>(SecurityPolicy::kBytesMax - 1), true});
    CHECK(policy.fits());
    policy.set(ObjectKind::Events, {"p", std::vector<uint8_t>(SecurityPolicy::kBytesMax), true});
    CHECK_FALSE(policy.fits());
}

TEST_CASE("security policy: a rule in words is SDDL, or nothing where there is none") {
    const auto bytes = evd::test::bytesOfSddl("O:SYD:(A;;0x1;;;AU)");
    CHECK(ruleText({"p", bytes, true}) == std::string("O:SYD:(A;;0x1;;;AU)"));
    CHECK(ruleText({"p", {}, true}) == std::string());
    CHECK_FALSE(ruleText({"p", {1, 2, 3}, true}));
    CHECK_FALSE(ruleText({"p", bytes, false}));
}
