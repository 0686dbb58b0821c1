// What must hold for every descriptor, caller, tree and question, tried on many at random.

#include "common/access/condition_text.h"
#include "common/access/well_known_sids.h"
#include "tests/support/access_generator.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessGenerator;
using test::AccessScene;
using Grants = std::vector<uint32_t>;

constexpr uint64_t kSeeds = 2000;
constexpr uint64_t kFirstSeed = 20'260'101;

// Calls `property(generator)` with many seeds; a failure prints its seed.
template <typename Property>
void forManySeeds(Property property) {
    for (uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
        CAPTURE(seed);
        AccessGenerator generator(seed);
        property(generator);
    }
}

// Root and nodes of the answer, or nothing when there was none.
Grants grantsOf(const AccessScene& scene, uint32_t desired) {
    const auto verdict = scene.ask(desired);
    if (!verdict.ok()) {
        return {};
    }
    Grants grants = {verdict.value().granted};
    for (const NodeVerdict& node : verdict.value().nodes) {
        grants.push_back(node.granted);
    }
    return grants;
}

// Whether nothing is granted that was not granted before.
bool noneWider(const Grants& before, const Grants& after) {
    if (before.size() != after.size()) {
        return false;
    }
    for (size_t index = 0; index < before.size(); ++index) {
        if ((after[index] & ~before[index]) != 0) {
            return false;
        }
    }
    return true;
}

// Without the privilege to take ownership: by §10.10 it acts on all nodes, but only where the root
// lacks the right, so that less for the root can be more for a node.
TEST_CASE("property: a right removed from an allowing rule never grants more") {
    forManySeeds([](AccessGenerator& generator) {
        AccessScene scene = generator.scene();
        scene.token.privileges &= ~kTakeOwnershipPrivilege;
        const uint32_t desired = generator.desired();
        const Grants before = grantsOf(scene, desired);
        for (Ace& ace : scene.descriptor.dacl->aces) {
            if (isAllowAce(ace.type)) {
                AccessScene poorer = scene;
                Ace& less =
                    poorer.descriptor.dacl
                        ->aces[static_cast<size_t>(&ace - scene.descriptor.dacl->aces.data())];
                less.mask = kEventdMapping.mapKnown(less.mask) & generator.mask();
                CHECK(noneWider(before, grantsOf(poorer, desired)));
            }
        }
    });
}

TEST_CASE("property: a denial never widens, wherever it stands and whomever it names") {
    forManySeeds([](AccessGenerator& generator) {
        AccessScene scene = generator.scene();
        scene.token.privileges &= ~kTakeOwnershipPrivilege;
        const uint32_t desired = generator.desired();
        const Grants before = grantsOf(scene, desired);
        Ace denial = generator.accessAce(8);
        while (isAllowAce(denial.type)) {
            denial = generator.accessAce(8);
        }
        auto& aces = scene.descriptor.dacl->aces;
        aces.insert(aces.begin() + static_cast<ptrdiff_t>(generator.below(aces.size() + 1)),
                    denial);
        CHECK(noneWider(before, grantsOf(scene, desired)));
    });
}

TEST_CASE("property: restriction, confinement, integrity and distrust only take away") {
    forManySeeds([](AccessGenerator& generator) {
        AccessScene scene = generator.scene();
        const uint32_t desired = generator.desired();
        AccessScene free = scene;
        free.token.restricted_sids.clear();
        free.token.write_restricted = false;
        free.token.confinement_sid.reset();
        free.token.integrity = kIntegritySystem;
        free.trust = {~0u, ~0u};
        const Grants wide = grantsOf(free, desired);
        CHECK(noneWider(wide, grantsOf(scene, desired)));
        free.token.confinement_sid = generator.sid();
        CHECK(noneWider(wide, grantsOf(free, desired)));
    });
}

TEST_CASE("property: rights are decided each by itself") {
    forManySeeds([](AccessGenerator& generator) {
        const AccessScene scene = generator.scene();
        const Grants together = grantsOf(scene, 0x000F'0003);
        for (const uint32_t bit : {0x1u, 0x2u, 0x10000u, 0x20000u, 0x80000u}) {
            const Grants alone = grantsOf(scene, bit);
            REQUIRE(alone.size() == together.size());
            for (size_t index = 0; index < alone.size(); ++index) {
                CHECK((alone[index] & bit) == (together[index] & bit));
            }
        }
    });
}

TEST_CASE("property: rules without GUIDs decide every node as they decide the whole") {
    forManySeeds([](AccessGenerator& generator) {
        AccessScene scene = generator.scene();
        const uint32_t desired = generator.desired();
        for (Ace& ace : scene.descriptor.dacl->aces) {
            ace.object_type.reset();
        }
        AccessScene whole = scene;
        whole.tree.reset();
        const Grants expected = grantsOf(whole, desired);
        for (const uint32_t granted : grantsOf(scene, desired)) {
            CHECK(granted == expected.at(0));
        }
    });
}

TEST_CASE("property: nothing is granted that is no right of the object") {
    forManySeeds([](AccessGenerator& generator) {
        const AccessScene scene = generator.scene();
        for (const uint32_t granted : grantsOf(scene, generator.desired())) {
            CHECK((granted & ~(0x000F'0003 | kAccessSystemSecurity)) == 0);
        }
    });
}

// The same question answered the simplest way: one bit, no tree, no privileges, no passes.
bool naive(const AccessScene& scene, uint32_t bit) {
    const Token& token = scene.token;
    const bool owner = ownsAs(token, *scene.descriptor.owner);
    bool owner_rules = false;
    for (const Ace& ace : scene.descriptor.dacl->aces) {
        owner_rules = owner_rules || (ace.sid == sids::kOwnerRights && !ace.inheritOnly());
    }
    if (owner && !owner_rules && (bit & (kReadControl | kWriteDac)) != 0) {
        return true;
    }
    for (const Ace& ace : scene.descriptor.dacl->aces) {
        const Polarity polarity = isAllowAce(ace.type) ? Polarity::Allow : Polarity::Deny;
        bool named = matchesToken(token, ace.sid, polarity);
        if (ace.sid == sids::kOwnerRights) {
            named = owner;
        } else if (ace.sid == sids::kPrincipalSelf) {
            named = scene.self_sid && matchesToken(token, *scene.self_sid, polarity);
        }
        if (!ace.inheritOnly() && named && (kEventdMapping.mapKnown(ace.mask) & bit) != 0) {
            return polarity == Polarity::Allow;
        }
    }
    return false;
}

TEST_CASE("property: the walk agrees with the simplest way to say it") {
    forManySeeds([](AccessGenerator& generator) {
        AccessScene scene = generator.scene();
        scene.tree.reset();
        scene.descriptor.sacl.reset();
        Token plain;
        plain.user = scene.token.user;
        plain.user_deny_only = scene.token.user_deny_only;
        plain.groups = scene.token.groups;
        scene.token = plain;
        std::erase_if(scene.descriptor.dacl->aces,
                      [](const Ace& ace) { return !ace.application_data.empty(); });
        for (const uint32_t bit : {0x1u, 0x2u, 0x10000u, 0x20000u, 0x40000u, 0x80000u}) {
            CHECK(scene.allowed(bit) == naive(scene, bit));
        }
    });
}

TEST_CASE("property: what is built is parsed back as it was") {
    forManySeeds([](AccessGenerator& generator) {
        SecurityDescriptor descriptor = generator.scene().descriptor;
        const auto bytes = buildSecurityDescriptor(descriptor);
        REQUIRE(bytes.ok());
        const auto parsed = parseSecurityDescriptor(bytes.value());
        REQUIRE(parsed.ok());
        descriptor.control = parsed.value().control;  // the presence bits are set when built
        CHECK(parsed.value() == descriptor);
        CHECK(buildSecurityDescriptor(parsed.value()).value() == bytes.value());
    });
}

TEST_CASE("property: SDDL says a descriptor whole") {
    forManySeeds([](AccessGenerator& generator) {
        SecurityDescriptor descriptor = generator.scene().descriptor;
        descriptor.dacl->revision = minimumRevision(descriptor.dacl->aces);
        if (descriptor.sacl) {
            descriptor.sacl->revision = minimumRevision(descriptor.sacl->aces);
        }
        const auto bytes = buildSecurityDescriptor(descriptor).value();
        const auto text = printSddl(descriptor);
        REQUIRE(text.ok());
        const auto parsed = parseSddl(text.value());
        REQUIRE_MESSAGE(parsed.ok(), text.value());
        CHECK(buildSecurityDescriptor(parsed.value()).value() == bytes);
        CHECK(printSddl(parsed.value()).value() == text.value());
    });
}

TEST_CASE("property: a negated condition is the other way round, or UNKNOWN as well") {
    forManySeeds([](AccessGenerator& generator) {
        const AccessScene scene = generator.scene();
        const std::string text = generator.condition(4);
        ConditionContext context;
        context.token = &scene.token;
        context.groups = &scene.token.groups;
        context.device_groups = &scene.token.device_groups;
        for (const Polarity polarity : {Polarity::Allow, Polarity::Deny}) {
            ConditionBudget budget;
            const TriState plain =
                evaluateCondition(compileCondition(text).value(), context, polarity, budget);
            const TriState negated = evaluateCondition(compileCondition("!(" + text + ")").value(),
                                                       context, polarity, budget);
            CHECK(negated == notOf(plain));
        }
    });
}

}  // namespace
}  // namespace evd::access
