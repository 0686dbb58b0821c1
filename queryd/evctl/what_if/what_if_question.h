#pragma once

#include "common/access/access_mask.h"
#include "common/access/object_tree.h"
#include "common/access/sacl_facts.h"
#include "common/access/sid.h"
#include "common/access/token.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace evd::evctl {

// A question to an access check as a person wrote it (contracts §8). What only a check can refuse
// is still as it came: the bytes of descriptor and claims, and the nodes of the tree.
struct WhatIfQuestion {
    std::vector<uint8_t> descriptor;  // self-relative
    uint32_t desired = 0;
    access::GenericMapping mapping = access::kEventdMapping;
    access::Token token;  // without its claims
    std::vector<uint8_t> user_claims;
    std::vector<uint8_t> device_claims;
    std::optional<access::Sid> self_sid;
    std::vector<uint8_t> local_claims;
    uint32_t privilege_intent = 0;
    access::ProcessTrust caller_trust;
    std::optional<std::vector<access::ObjectTreeNode>> tree;
};

// One line of JSON. Keys it does not know are ignored, null counts as absent. Invalid, with a
// sentence for the person, when it cannot be read. Pure.
base::Result<WhatIfQuestion> readWhatIf(std::string_view line);

}  // namespace evd::evctl
