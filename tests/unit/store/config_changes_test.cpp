#include "store/config_changes.h"

#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

using evd::config::Settings;
using evd::store::configChangeEvents;

namespace {

std::string hex(const std::vector<uint8_t>& bytes) {
    return evd::base::encodeHex(bytes);
}

}  // namespace

TEST_CASE("config changes: equal settings make no event") {
    CHECK(configChangeEvents(1, Settings::defaults(), Settings::defaults()).empty());
}

TEST_CASE("config changes: a changed number is one event with key, old and new value") {
    Settings fresh = Settings::defaults();
    fresh.set("MaxBatchSize", uint64_t{100});
    const auto events = configChangeEvents(77, Settings::defaults(), fresh);
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == "synthetic.config_change");
    CHECK(events[0].timestamp_ns == 77);
    CHECK(!events[0].cpu.has_value());
    // {"key": "MaxBatchSize", "old": 10000, "new": 100}
    CHECK(hex(events[0].payload) == "83a36b6579ac4d6178426174636853697a65a36f6c64cd2710a36e657764");
}

TEST_CASE("config changes: a value that was not there before is nil, lists are arrays") {
    Settings before;
    Settings after;
    after.set("Linux\\Sensors", std::vector<std::string>{"process"});
    const auto events = configChangeEvents(1, before, after);
    REQUIRE(events.size() == 1);
    CHECK(hex(events[0].payload).find("a36f6c64c0a36e657791a770726f63657373") != std::string::npos);
    const auto back = configChangeEvents(1, after, before);
    REQUIRE(back.size() == 1);
    CHECK(hex(back[0].payload).ends_with("a36e6577c0"));
}

TEST_CASE("config changes: several changes come in the order of their names") {
    Settings fresh = Settings::defaults();
    fresh.set("QueryTimeoutMs", uint64_t{1000});
    fresh.set("EventRetentionDays", uint64_t{3});
    const auto events = configChangeEvents(1, Settings::defaults(), fresh);
    REQUIRE(events.size() == 2);
    CHECK(hex(events[0].payload).find(hex({'E', 'v', 'e', 'n', 't'})) != std::string::npos);
    CHECK(hex(events[1].payload).find(hex({'Q', 'u', 'e', 'r', 'y'})) != std::string::npos);
}

TEST_CASE("config changes: a descriptor is told as SDDL under its registry name (Ruling S11)") {
    namespace access = evd::access;
    Settings before;
    Settings after;
    after.setSecurity(
        evd::test::policyOf(access::ObjectKind::Events, {{"kacs", "O:SYD:"}, {"*", ""}}));
    const auto events = configChangeEvents(1, before, after);
    REQUIRE(events.size() == 2);
    const auto hexText = [](std::string_view text) {
        return evd::base::encodeHex(evd::base::asBytes(text));
    };
    CHECK(hex(events[0].payload).find(hexText("Security\\Events\\*")) != std::string::npos);
    CHECK(hex(events[0].payload).ends_with("a36e6577a0"));  // "new": "", set to nothing
    CHECK(hex(events[1].payload).find(hexText("Security\\Events\\kacs")) != std::string::npos);
    CHECK(hex(events[1].payload).find("a36f6c64c0") != std::string::npos);
    CHECK(hex(events[1].payload).ends_with("a6" + hexText("O:SYD:")));
    CHECK(configChangeEvents(1, after, after).empty());
}

TEST_CASE("config changes: what is no descriptor is told as bytes, a long one is cut") {
    namespace access = evd::access;
    access::SecurityPolicy policy;
    policy.set(access::ObjectKind::Logs, {"a", {1, 2, 3}, false});
    std::string sddl = "O:SYD:";
    for (int rule = 0; rule < 2000; ++rule) {
        sddl += "(A;;0x1;;;S-1-5-21-1-2-3)";
    }
    const auto longest = evd::test::policyOf(access::ObjectKind::Logs, {{"b", sddl}});
    policy.set(access::ObjectKind::Logs, longest.rules(access::ObjectKind::Logs).at("b"));
    Settings after;
    after.setSecurity(policy);
    const auto events = configChangeEvents(1, Settings(), after);
    REQUIRE(events.size() == 2);
    CHECK(hex(events[0].payload).ends_with("c403010203"));
    CHECK(events[1].payload.size() < 33'000);
}
