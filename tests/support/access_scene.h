#pragma once

#include "common/access/access_check.h"
#include "common/access/claim_builder.h"
#include "common/access/little_endian.h"
#include "common/access/sddl.h"
#include "common/access/utf16.h"
#include "common/base/check.h"
#include "common/base/text.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

inline access::Sid sidOf(std::string_view text) {
    return access::Sid::parseText(text).value();
}

inline std::vector<uint8_t> eightBytes(uint64_t number) {
    std::vector<uint8_t> bytes;
    access::append64(bytes, number);
    return bytes;
}

inline std::vector<uint8_t> unitsOf(std::string_view text) {
    return access::utf16FromUtf8(text).value();
}

inline access::NewClaim integerClaim(std::string name, std::vector<int64_t> numbers,
                                     uint32_t flags = 0) {
    access::NewClaim claim{std::move(name), access::kClaimInteger, flags, {}};
    for (const int64_t number : numbers) {
        claim.values.push_back(eightBytes(static_cast<uint64_t>(number)));
    }
    return claim;
}

inline access::NewClaim textClaim(std::string name, std::vector<std::string> texts,
                                  uint32_t flags = 0) {
    access::NewClaim claim{std::move(name), access::kClaimString, flags, {}};
    for (const std::string& text : texts) {
        claim.values.push_back(unitsOf(text));
    }
    return claim;
}

inline access::ClaimSet claimSet(const std::vector<access::NewClaim>& claims) {
    return access::ClaimSet::parse(access::buildClaimArray(claims).value()).value();
}

// A descriptor in SDDL, a caller, and questions about them. The caller begins as S-1-22-1-1000
// without groups, at Medium integrity.
struct AccessScene {
    static constexpr uint32_t kFailed = 0xDEAD'0000;  // no right has these bits

    access::SecurityDescriptor descriptor;
    access::Token token;
    std::optional<access::ObjectTree> tree;
    std::optional<access::Sid> self_sid;
    access::ClaimSet local_claims;
    access::GenericMapping mapping = access::kEventdMapping;
    access::ProcessTrust trust;
    uint32_t intent = 0;

    explicit AccessScene(std::string_view sddl) {
        auto parsed = access::parseSddl(sddl);
        EVD_CHECK(parsed.ok(), "the SDDL of a test is sound");
        descriptor = std::move(parsed).value();
        token.user = sidOf("S-1-22-1-1000");
    }

    AccessScene& group(std::string_view sid, uint32_t attributes = access::kGroupEnabled) {
        token.groups.push_back({sidOf(sid), attributes});
        return *this;
    }
    AccessScene& privileges(uint64_t mask) {
        token.privileges = mask;
        return *this;
    }
    AccessScene& restrictedTo(std::string_view sid) {
        token.restricted_sids.push_back({sidOf(sid), 0});
        return *this;
    }
    AccessScene& confinedTo(std::string_view sid) {
        token.confinement_sid = sidOf(sid);
        return *this;
    }
    // Levels from 0; the GUID of node n is nodeGuid(n).
    AccessScene& nodes(const std::vector<uint16_t>& levels) {
        std::vector<access::ObjectTreeNode> made;
        for (const uint16_t level : levels) {
            made.push_back({level, nodeGuid(made.size())});
        }
        tree = access::ObjectTree::make(std::move(made)).value();
        return *this;
    }

    static base::Guid nodeGuid(size_t index) {
        base::Guid guid;
        guid.bytes.fill(0x11);
        guid.bytes[15] = static_cast<uint8_t>(index);
        return guid;
    }
    // As it stands in SDDL.
    static std::string node(size_t index) {
        const std::string text = base::formatGuid(nodeGuid(index));
        return text.substr(1, text.size() - 2);
    }

    base::Result<access::AccessVerdict> ask(uint32_t desired) const {
        access::AccessQuestion question;
        question.descriptor = &descriptor;
        question.token = &token;
        question.desired = desired;
        question.mapping = mapping;
        question.tree = tree ? &*tree : nullptr;
        question.self_sid = self_sid;
        question.local_claims = local_claims.claims();
        question.privilege_intent = intent;
        question.caller_trust = trust;
        return access::checkAccess(question);
    }
    uint32_t granted(uint32_t desired) const {
        const auto verdict = ask(desired);
        return verdict.ok() ? verdict.value().granted : kFailed;
    }
    bool allowed(uint32_t desired) const {
        const auto verdict = ask(desired);
        return verdict.ok() && verdict.value().allowed;
    }
    // The granted masks of the nodes, in order.
    std::vector<uint32_t> nodeGrants(uint32_t desired) const {
        std::vector<uint32_t> grants;
        const auto verdict = ask(desired);
        for (const auto& each :
             verdict.ok() ? verdict.value().nodes : std::vector<access::NodeVerdict>()) {
            grants.push_back(each.granted);
        }
        return grants;
    }
    std::string errnoOf(uint32_t desired) const {
        const auto verdict = ask(desired);
        return verdict.ok() ? "" : std::string(access::errnoNameOf(verdict.error()));
    }
};

}  // namespace evd::test
