#include "common/access/field_access.h"
#include "common/access/unix_token.h"
#include "common/base/text.h"
#include "tests/support/access_generator.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>
#include <array>

using evd::access::checkFields;
using evd::access::FieldTree;
using evd::access::ObjectKind;
using evd::access::PatternTable;
using evd::access::SecurityPolicy;
using evd::access::SecurityRule;
using evd::access::Token;
using evd::test::AccessGenerator;

namespace {

constexpr uint64_t kSeed = 20'261'120;
constexpr int kRounds = 400;
constexpr std::array<std::string_view, 6> kNames = {"*", "a", "a.b", "a.b.c", "a.c", "b"};
constexpr std::array<std::string_view, 7> kAsked = {"a",     "a.b", "a.b.c", "a.b.c.d",
                                                    "a.c.x", "b",   "z"};
constexpr std::array<std::string_view, 4> kFields = {"timestamp", "uid", "name", "other"};

// A descriptor whose object rules, if it has any, name the fields above.
SecurityRule randomRule(AccessGenerator& random, std::string_view pattern) {
    SecurityRule rule{std::string(pattern), {}, true};
    if (random.chance(10)) {
        rule.readable = random.chance(50);
        rule.descriptor = {1, 2};
        return rule;
    }
    evd::access::SecurityDescriptor descriptor;
    descriptor.owner = evd::test::sidOf("S-1-5-18");
    descriptor.dacl.emplace();
    for (size_t count = random.below(5); count > 0; --count) {
        auto ace = random.accessAce(1);
        if (ace.object_type) {
            ace.object_type = evd::access::fieldGuid(kFields[random.below(kFields.size())]);
        }
        descriptor.dacl->aces.push_back(std::move(ace));
    }
    rule.descriptor = evd::access::buildSecurityDescriptor(descriptor).value();
    return rule;
}

Token randomToken(AccessGenerator& random) {
    Token token = evd::access::tokenOfUnixUser({1000, 1000, {}}, {0, {}});
    if (random.chance(50)) {
        token.groups.push_back({random.sid(), evd::access::kGroupEnabled});
    }
    return token;
}

}  // namespace

// The wider descriptors have no say: a table that holds nothing but the one rule that applies gives
// the same verdict, so that no more specific pattern ever gives what its descriptor does not.
TEST_CASE("property: a name gets what the descriptor of its pattern gives, and nothing more") {
    AccessGenerator random(kSeed);
    const FieldTree tree(ObjectKind::Events, std::span(kFields));
    for (int round = 0; round < kRounds; ++round) {
        SecurityPolicy policy;
        for (const auto name : kNames) {
            if (name == "*" || random.chance(60)) {
                policy.set(ObjectKind::Events, randomRule(random, name));
            }
        }
        const PatternTable table(policy);
        const Token token = randomToken(random);
        for (const auto name : kAsked) {
            const auto& resolved = table.resolve(ObjectKind::Events, name);
            SecurityPolicy alone;
            auto rule = policy.rules(ObjectKind::Events).find(resolved.pattern)->second;
            rule.pattern = "*";
            alone.set(ObjectKind::Events, rule);
            const PatternTable single(alone);
            REQUIRE(checkFields(token, resolved, tree) ==
                    checkFields(token, single.resolve(ObjectKind::Events, "q"), tree));
        }
    }
}

// What RecordAccess relies on when it asks about one field alone.
TEST_CASE("property: the verdict on a field does not depend on the other fields of the record") {
    AccessGenerator random(kSeed + 1);
    const FieldTree all(ObjectKind::Events, std::span(kFields));
    for (int round = 0; round < kRounds; ++round) {
        SecurityPolicy policy;
        policy.set(ObjectKind::Events, randomRule(random, "*"));
        const PatternTable table(policy);
        const auto& pattern = table.resolve(ObjectKind::Events, "x");
        const Token token = randomToken(random);
        const auto together = checkFields(token, pattern, all);
        for (size_t index = 0; index < kFields.size(); ++index) {
            const FieldTree one(ObjectKind::Events, std::span(&kFields[index], 1));
            REQUIRE(checkFields(token, pattern, one).shows(0) == together.shows(index));
        }
        // And without rules for fields the root stands for all of them.
        if (!pattern.by_field && pattern.answer == evd::access::ResolvedPattern::Answer::Ask) {
            REQUIRE(together.fields == std::vector<bool>(kFields.size(), together.root));
        }
    }
}
