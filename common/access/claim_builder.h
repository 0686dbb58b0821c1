#pragma once

#include "common/access/claims.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::access {

// A claim to be written (PSD-004 §3.9). Each value is its data alone: eight bytes of a number or
// boolean, the UTF-16LE of a string without its end, a SID, octets.
struct NewClaim {
    std::string name;  // UTF-8
    uint16_t type = kClaimInteger;
    uint32_t flags = 0;
    std::vector<std::vector<uint8_t>> values;
};

// One entry, as a resource attribute holds it. Invalid when parseClaimEntry() would not take it.
base::Result<std::vector<uint8_t>> buildClaimEntry(const NewClaim& claim);

// The array of tokens and local claims: each entry behind its length.
base::Result<std::vector<uint8_t>> buildClaimArray(const std::vector<NewClaim>& claims);

}  // namespace evd::access
