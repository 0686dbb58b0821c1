#pragma once

#include "common/access/condition_text.h"
#include "common/access/sddl.h"
#include "common/base/text.h"
#include "tests/support/access_scene.h"

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace evd::test {

// Descriptors, callers, trees and conditions at random, from one seed. Names are drawn from small
// sets, so that rules, groups and nodes meet often.
class AccessGenerator {
  public:
    explicit AccessGenerator(uint64_t seed) : random_(seed) {}

    size_t below(size_t bound) {
        return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
    }
    bool chance(size_t percent) { return below(100) < percent; }

    access::Sid sid() {
        static constexpr std::array<std::string_view, 10> kSids = {
            "S-1-22-1-1000", "S-1-5-32-544", "S-1-5-32-545", "S-1-1-0",  "S-1-5-11",
            "S-1-3-4",       "S-1-5-10",     "S-1-15-2-7",   "S-1-5-12", "S-1-5-18"};
        return sidOf(kSids[below(kSids.size())]);
    }

    uint32_t mask() {
        static constexpr std::array<uint32_t, 8> kMasks = {
            0x1, 0x2, 0x3, 0x20001, 0xF0003, access::kGenericRead, access::kGenericAll, 0x80000};
        return kMasks[below(kMasks.size())];
    }

    // A condition of the grammar, nested up to `depth`.
    std::string condition(size_t depth) {
        if (depth > 0 && chance(50)) {
            static constexpr std::array<std::string_view, 2> kWords = {" && ", " || "};
            return chance(25) ? "!(" + condition(depth - 1) + ")"
                              : "(" + condition(depth - 1) + ")" + std::string(kWords[below(2)]) +
                                    "(" + condition(depth - 1) + ")";
        }
        if (chance(30)) {
            static constexpr std::array<std::string_view, 4> kWords = {
                "Member_of", "Member_of_Any", "Not_Member_of", "Device_Member_of_Any"};
            return base::cat(kWords[below(4)], " {SID(", sid().text(), "), SID(", sid().text(),
                             ")}");
        }
        if (chance(20)) {
            return (chance(50) ? "Exists " : "Not_Exists ") + attribute();
        }
        static constexpr std::array<std::string_view, 10> kWords = {
            "==", "!=", "<", "<=", ">", ">=", "Contains", "Any_of", "Not_Contains", "Not_Any_of"};
        return base::cat(operand(2), ' ', kWords[below(kWords.size())], ' ', operand(2));
    }

    access::Ace accessAce(size_t nodes) {
        static constexpr std::array<uint8_t, 8> kTypes = {access::kAceAllowed,
                                                          access::kAceDenied,
                                                          access::kAceAllowedObject,
                                                          access::kAceDeniedObject,
                                                          access::kAceAllowedCallback,
                                                          access::kAceDeniedCallback,
                                                          access::kAceAllowedCallbackObject,
                                                          access::kAceDeniedCallbackObject};
        access::Ace ace;
        ace.type = kTypes[below(kTypes.size())];
        ace.flags = chance(10) ? access::kAceInheritOnly : 0;
        ace.mask = mask();
        ace.sid = sid();
        const auto shape = access::shapeOf(ace.type);
        if (shape == access::AceShape::Callback || shape == access::AceShape::CallbackObject) {
            ace.application_data = access::compileCondition(condition(3)).value();
        }
        const bool object =
            shape == access::AceShape::Object || shape == access::AceShape::CallbackObject;
        if (object && chance(80)) {
            ace.object_type = AccessScene::nodeGuid(below(nodes + 1));
        }
        if (object && chance(20)) {
            ace.inherited_object_type = AccessScene::nodeGuid(below(nodes + 1));
        }
        return ace;
    }

    access::Ace systemAce() {
        static constexpr std::array<std::string_view, 7> kAces = {
            "(ML;;NRNWNX;;;HI)",
            "(ML;;NW;;;ME)",
            "(AU;SAFA;GA;;;WD)",
            "(TL;;0x1;;;S-1-19-512-1024)",
            "(RA;;;;;WD;(\"a\",TI,0,1))",
            "(RA;;;;;WD;(\"b\",TS,2,\"x\",\"y\"))",
            "(XL;;CC;;;WD;(@Resource.a == 1))"};
        return access::parseSddl(base::cat("S:", kAces[below(kAces.size())]))
            .value()
            .sacl->aces.front();
    }

    AccessScene scene() {
        AccessScene made("O:SYD:");
        made.descriptor.owner = sid();
        const size_t nodes = 1 + below(8);
        for (size_t count = below(8); count > 0; --count) {
            made.descriptor.dacl->aces.push_back(accessAce(nodes));
        }
        if (chance(50)) {
            made.descriptor.sacl = access::Acl{};
            for (size_t count = below(4); count > 0; --count) {
                made.descriptor.sacl->aces.push_back(systemAce());
            }
        }
        fillToken(made.token);
        if (chance(30)) {
            made.self_sid = sid();
        }
        if (chance(60)) {
            made.nodes(levels(nodes));
        }
        made.intent = static_cast<uint32_t>(below(4));
        return made;
    }

    uint32_t desired() { return chance(30) ? access::kMaximumAllowed | mask() : mask(); }

  private:
    std::string attribute() {
        static constexpr std::array<std::string_view, 5> kNames = {
            "@User.a", "@User.b", "@Resource.a", "@Resource.b", "@Local.none"};
        return std::string(kNames[below(kNames.size())]);
    }

    std::string operand(size_t depth) {
        switch (below(depth > 0 ? 6 : 4)) {
            case 0:
                return base::cat(chance(30) ? "-" : "", below(3));
            case 1:
                return chance(50) ? "\"x\"" : "\"Y\"";
            case 2:
                return base::cat("SID(", sid().text(), ')');
            case 3:
                return "#0" + std::to_string(below(3));
            case 4:
                return attribute();
            case 5:
                break;
        }
        std::string out = "{";
        for (size_t count = below(4); count > 0; --count) {
            std::string element = operand(depth - 1);
            while (element.front() == '@') {
                element = operand(0);
            }
            out += base::cat(out.size() > 1 ? ", " : "", element);
        }
        return out + "}";
    }

    std::vector<access::SidAndAttributes> sids(size_t most) {
        static constexpr std::array<uint32_t, 5> kAttributes = {7, 4, 0x10, 0x14, 0};
        std::vector<access::SidAndAttributes> made;
        for (size_t count = below(most + 1); count > 0; --count) {
            made.push_back({sid(), kAttributes[below(kAttributes.size())]});
        }
        return made;
    }

    void fillToken(access::Token& token) {
        token.groups = sids(4);
        token.device_groups = sids(2);
        token.user_deny_only = chance(20);
        if (chance(30)) {
            token.restricted_sids = sids(3);
            token.write_restricted = token.user_deny_only && chance(50);
        }
        if (chance(20)) {
            token.confinement_sid = sid();
            token.capabilities = sids(2);
        }
        if (chance(30)) {
            token.privileges = access::kSecurityPrivilege | access::kTakeOwnershipPrivilege |
                               (chance(50) ? access::kBackupPrivilege : access::kRelabelPrivilege);
        }
        static constexpr std::array<uint32_t, 4> kLevels = {0, 4096, 8192, 16384};
        token.integrity = kLevels[below(kLevels.size())];
        token.user_claims =
            claimSet({integerClaim("a", {1}), textClaim("b", {"x", "y"}, access::kClaimDenyOnly)});
    }

    std::vector<uint16_t> levels(size_t nodes) {
        std::vector<uint16_t> made = {0};
        while (made.size() < nodes) {
            made.push_back(static_cast<uint16_t>(1 + below(made.back() + size_t{1})));
        }
        return made;
    }

    std::mt19937_64 random_;
};

}  // namespace evd::test
