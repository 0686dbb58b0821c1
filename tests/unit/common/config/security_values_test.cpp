#include "common/config/security_values.h"

#include "common/base/text.h"
#include "common/config/configuration.h"
#include "common/config/registry_file.h"

#include "tests/unit/common/config/text_registry.h"

#include <doctest/doctest.h>

namespace access = evd::access;
namespace base = evd::base;
namespace config = evd::config;
using access::ObjectKind;
using evd::test::TextRegistry;

namespace {

std::string key(std::string_view below, std::string_view values) {
    return base::cat(R"({"path": "Machine/System/eventd/)", below, R"(", "values": [)", values,
                     "]}");
}

std::string value(std::string_view name, std::string_view type, std::string_view data) {
    return base::cat(R"({"name": ")", name, R"(", "type": ")", type, R"(", "data": ")", data,
                     "\"}");
}

config::SecurityValues valuesOf(std::string keys) {
    return config::readSecurityValues(TextRegistry(std::move(keys)).read());
}

std::string textOf(const access::SecurityPolicy& policy, ObjectKind kind, const char* pattern) {
    const auto found = policy.rules(kind).find(pattern);
    return found == policy.rules(kind).end()
               ? "unset"
               : access::ruleText(found->second).value_or("unreadable");
}

}  // namespace

TEST_CASE("security values: sddl is compiled and means the same as its bytes (contracts §3)") {
    const auto values =
        valuesOf(key("Security/Events", value("kacs", "sddl", "O:SYD:(A;;0x1;;;AU)")));
    CHECK(values.problems.empty());
    CHECK(textOf(values.policy, ObjectKind::Events, "kacs") == "O:SYD:(A;;0x1;;;AU)");
    const auto& bytes = values.policy.rules(ObjectKind::Events).find("kacs")->second.descriptor;
    const auto binary =
        valuesOf(key("Security/Events", value("kacs", "binary", base::encodeHex(bytes))));
    CHECK(binary.policy == values.policy);
    CHECK(values.sources.at("Security\\Events\\kacs") == "t.reg");
}

TEST_CASE("security values: every kind is read") {
    std::string keys;
    for (const char* below : {"Security/Events", "Security/Logs", "Security/Metrics",
                              "Security/Publish/Logs", "Security/Publish/Metrics"}) {
        keys += base::cat(keys.empty() ? "" : ",", key(below, value("*", "sddl", "O:SYD:")));
    }
    const auto values = valuesOf(keys);
    CHECK(values.problems.empty());
    for (const ObjectKind kind : access::kObjectKinds) {
        CHECK(textOf(values.policy, kind, "*") == "O:SYD:");
    }
}

TEST_CASE("security values: a subkey's default value stands in for the value (Ruling A6)") {
    const std::string subkey = key("Security/Events/kacs", value("@", "sddl", "O:BAD:"));
    CHECK(textOf(valuesOf(subkey).policy, ObjectKind::Events, "kacs") == "O:BAD:");
    const std::string both =
        base::cat(key("Security/Events", value("KACS", "sddl", "O:SYD:")), ",", subkey);
    CHECK(textOf(valuesOf(both).policy, ObjectKind::Events, "kacs") == "O:SYD:");
}

TEST_CASE("security values: SDDL that cannot be compiled is reported and closes (Ruling A6)") {
    const auto registry = key("Security/Events", value("kacs", "sddl", "O:SYD:(A;;0x1;;;XX)"));
    TextRegistry keys(registry);
    const auto loaded = config::loadConfiguration({&keys, "/tmp/s", nullptr});
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].source == "t.reg");
    CHECK(loaded.problems[0].key.ends_with("Security/Events\\kacs"));
    CHECK_FALSE(loaded.problems[0].reason.empty());
    CHECK(config::concernsSecurity(loaded.problems[0]));
    CHECK_FALSE(
        config::concernsSecurity({"t.reg", "Machine/System/eventd/SecurityX", "", "", false}));
    CHECK(loaded.usable());
    CHECK_FALSE(loaded.settings.security().rules(ObjectKind::Events).at("kacs").readable);
}

TEST_CASE("security values: what was in force does not come back for a mistyped one (A6)") {
    TextRegistry keys(key("Security/Logs", value("sshd", "sddl", "O:SYD:(A;;0x1;;;AU)")));
    const auto before = config::loadConfiguration({&keys, "/tmp/s", nullptr});
    keys.setKeys(key("Security/Logs", value("sshd", "sddl", "O:SYD:(A;;0x1;;;")));
    const auto after = config::loadConfiguration({&keys, "/tmp/s", &before.settings});
    CHECK(textOf(after.settings.security(), ObjectKind::Logs, "sshd") == "unreadable");
}

TEST_CASE("security values: bytes that are no descriptor and other types close too") {
    for (const auto& [type, data] :
         {std::pair{"binary", "0102"}, std::pair{"sz", "O:SYD:"}, std::pair{"expand", "x"}}) {
        const auto values = valuesOf(key("Security/Logs", value("sshd", type, data)));
        CHECK(values.problems.size() == 1);
        CHECK(textOf(values.policy, ObjectKind::Logs, "sshd") == "unreadable");
    }
}

TEST_CASE("security values: set to nothing is no mistake") {
    for (const char* type : {"sddl", "binary"}) {
        const auto values = valuesOf(key("Security/Events", value("*", type, "")));
        CHECK(values.problems.empty());
        CHECK(textOf(values.policy, ObjectKind::Events, "*") == "");
    }
}

TEST_CASE("security values: what would not do what it seems to is reported and kept") {
    CHECK(valuesOf(key("Security/Logs", value("a", "sddl", "D:(A;;0x1;;;WD)"))).problems.size() ==
          1);  // no owner
    CHECK(valuesOf(key("Security/Logs", value("a.*", "sddl", "O:SYD:"))).problems.size() == 1);
    CHECK(valuesOf(key("Security/Event", value("a", "sddl", "O:SYD:"))).problems.size() == 1);
    CHECK(valuesOf(key("Security/Logs", value("@", "sddl", "O:SYD:"))).problems.size() == 1);
    CHECK(valuesOf(key("Securityx/Logs", value("a", "sddl", "O:SYD:"))).problems.empty());
}

TEST_CASE("security values: too many close everything instead of dropping some") {
    std::string all;
    for (size_t index = 0; index <= access::SecurityPolicy::kRulesMax; ++index) {
        all += base::cat(all.empty() ? "" : ",", value(base::cat("p", index), "sddl", "O:SYD:"));
    }
    const auto values = valuesOf(key("Security/Logs", all));
    REQUIRE(values.problems.size() == 1);
    CHECK(config::concernsSecurity(values.problems[0]));
    CHECK(values.policy == access::closedPolicy());
}

TEST_CASE("security values: a changed rule applies at once and is told as SDDL (Spec §12)") {
    TextRegistry keys(key("Security/Logs", value("sshd", "sddl", "O:SYD:")));
    const auto before = config::loadConfiguration({&keys, "/tmp/s", nullptr});
    keys.setKeys(base::cat(key("Security/Logs", value("SSHD", "sddl", "O:BAD:")), ",",
                           key("Security/Events", value("*", "sddl", ""))));
    const auto after = config::loadConfiguration({&keys, "/tmp/s", &before.settings});
    const auto change = config::applyLive(before.settings, after.settings);
    REQUIRE(change.applied.size() == 2);
    CHECK(change.applied[0].name == "Security\\Events\\*");
    CHECK(change.applied[0].old_text == "unset");
    CHECK(change.applied[0].new_text == "empty");
    CHECK(change.applied[1].name == "Security\\Logs\\SSHD");
    CHECK(change.applied[1].old_text == "O:SYD:");
    CHECK(change.applied[1].new_text == "O:BAD:");
    CHECK(change.settings.security() == after.settings.security());
    CHECK(config::applyLive(after.settings, after.settings).applied.empty());
}
