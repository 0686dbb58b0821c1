#pragma once

#include "common/access/attribute_value.h"
#include "common/base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace evd::access {

// Types of claim values (PSD-004 §3.9).
inline constexpr uint16_t kClaimInteger = 0x0001;
inline constexpr uint16_t kClaimUnsigned = 0x0002;
inline constexpr uint16_t kClaimString = 0x0003;
inline constexpr uint16_t kClaimSid = 0x0005;
inline constexpr uint16_t kClaimBoolean = 0x0006;
inline constexpr uint16_t kClaimOctets = 0x0010;

// Flags (§3.9). Others are kept by whoever stores claims and mean nothing to a check.
inline constexpr uint32_t kClaimCaseSensitive = 0x0002;
inline constexpr uint32_t kClaimDenyOnly = 0x0004;
inline constexpr uint32_t kClaimDisabled = 0x0010;

// A named attribute of a user, a device, an object or a call (PSD-004 §3.9).
//
//    one entry, offsets from its start
//    byte  0..3    4..5   6..7   8..11   12..15   16..
//         +-------+------+------+-------+--------+----------------------+-------------------+
//         | name@ | type | -    | flags | count  | count value offsets  | name, values, ... |
//         +-------+------+------+-------+--------+----------------------+-------------------+
//
// Names and strings are UTF-16LE and end with a zero unit; integers and booleans stand at their
// offset; strings, SIDs and octets stand where the u32 at their offset points, octets with a u32
// length before them. The value views the bytes of the entry, which must outlive the claim.
struct Claim {
    std::string name;         // UTF-8, as written
    std::string folded_name;  // how it is compared: without case (§3.8)
    uint16_t type = 0;
    uint32_t flags = 0;
    size_t count = 0;
    Value value;  // Null without values, the value, or a Composite of several; booleans are 0 or 1
};

// One entry, which may end with bytes it does not use. Invalid when an offset leaves it, a string
// has no end or a lone surrogate, a SID is malformed, or the type is unknown and there are values.
// Like the kernel it knows no other limit than the bytes (D-12).
base::Result<Claim> parseClaimEntry(std::span<const uint8_t> bytes);

// A claim array - a length of 32 bits and an entry, again and again - that owns its bytes.
//
// Made once and then read by any number of threads; copies share the bytes, which is why they are
// held by a shared pointer to what never changes. parse() fails with Invalid on a zero or too great
// length and on what parseClaimEntry() refuses.
class ClaimSet {
  public:
    ClaimSet() = default;
    static base::Result<ClaimSet> parse(std::vector<uint8_t> bytes);

    // The array that it was made of.
    std::span<const uint8_t> bytes() const {
        return body_ == nullptr ? std::span<const uint8_t>() : std::span(body_->bytes);
    }
    std::span<const Claim> claims() const {
        return body_ == nullptr ? std::span<const Claim>() : std::span(body_->claims);
    }

  private:
    struct Body {
        std::vector<uint8_t> bytes;
        std::vector<Claim> claims;
    };

    std::shared_ptr<const Body> body_;
};

}  // namespace evd::access
