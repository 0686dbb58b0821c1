#include "queryd/evctl/what_if/token_spec.h"

#include "common/access/little_endian.h"

#include <cstddef>
#include <span>

namespace evd::evctl {

namespace {

constexpr uint32_t kVersion = 2;
constexpr uint8_t kImpersonationToken = 2;
constexpr size_t kHeaderBytes = 192;

// Where in the header the number is written.
constexpr size_t kVersionAt = 0;
constexpr size_t kTypeAt = 4;
constexpr size_t kLevelAt = 5;
constexpr size_t kIntegrityAt = 8;
constexpr size_t kMandatoryPolicyAt = 12;
constexpr size_t kPresentPrivilegesAt = 16;
constexpr size_t kEnabledPrivilegesAt = 24;
constexpr size_t kUserAt = 88;
// An offset, and behind it how many there are or how long it is.
constexpr size_t kGroupsAt = 92;
constexpr size_t kUserClaimsAt = 108;
constexpr size_t kDeviceClaimsAt = 116;
constexpr size_t kDeviceGroupsAt = 124;
constexpr size_t kRestrictedSidsAt = 132;
constexpr size_t kConfinementSidAt = 140;
constexpr size_t kCapabilitiesAt = 148;
constexpr size_t kConfinementExemptAt = 156;
constexpr size_t kWriteRestrictedAt = 157;
constexpr size_t kUserDenyOnlyAt = 158;
constexpr size_t kRestrictedDeviceGroupsAt = 168;

void store64(std::vector<uint8_t>& out, size_t at, uint64_t number) {
    access::store32(out, at, static_cast<uint32_t>(number));
    access::store32(out, at + 4, static_cast<uint32_t>(number >> 32));
}

uint32_t endOf(const std::vector<uint8_t>& out) {
    return static_cast<uint32_t>(out.size());
}

// What is absent has neither offset nor length.
void addBytes(std::vector<uint8_t>& out, size_t at, std::span<const uint8_t> bytes) {
    if (bytes.empty()) {
        return;
    }
    access::store32(out, at, endOf(out));
    access::store32(out, at + 4, static_cast<uint32_t>(bytes.size()));
    access::appendBytes(out, bytes);
}

void addSids(std::vector<uint8_t>& out, size_t at,
             const std::vector<access::SidAndAttributes>& sids) {
    if (sids.empty()) {
        return;
    }
    access::store32(out, at, endOf(out));
    access::store32(out, at + 4, static_cast<uint32_t>(sids.size()));
    for (const access::SidAndAttributes& entry : sids) {
        access::append32(out, static_cast<uint32_t>(entry.sid.size()));
        access::appendBytes(out, entry.sid.bytes());
        access::append32(out, entry.attributes);
    }
}

}  // namespace

std::vector<uint8_t> tokenSpecOf(const WhatIfQuestion& question) {
    const access::Token& token = question.token;
    std::vector<uint8_t> out(kHeaderBytes);
    access::store32(out, kVersionAt, kVersion);
    out[kTypeAt] = kImpersonationToken;
    out[kLevelAt] = static_cast<uint8_t>(token.impersonation_level);
    access::store32(out, kIntegrityAt, token.integrity);
    access::store32(out, kMandatoryPolicyAt, token.mandatory_policy);
    store64(out, kPresentPrivilegesAt, token.privileges);
    store64(out, kEnabledPrivilegesAt, token.privileges);
    out[kConfinementExemptAt] = token.confinement_exempt ? 1 : 0;
    out[kWriteRestrictedAt] = token.write_restricted ? 1 : 0;
    out[kUserDenyOnlyAt] = token.user_deny_only ? 1 : 0;
    access::store32(out, kUserAt, endOf(out));
    access::appendBytes(out, token.user.bytes());
    addSids(out, kGroupsAt, token.groups);
    addBytes(out, kUserClaimsAt, question.user_claims);
    addBytes(out, kDeviceClaimsAt, question.device_claims);
    addSids(out, kDeviceGroupsAt, token.device_groups);
    addSids(out, kRestrictedSidsAt, token.restricted_sids);
    if (token.confinement_sid) {
        addBytes(out, kConfinementSidAt, token.confinement_sid->bytes());
    }
    addSids(out, kCapabilitiesAt, token.capabilities);
    addSids(out, kRestrictedDeviceGroupsAt, token.restricted_device_groups);
    return out;
}

}  // namespace evd::evctl
