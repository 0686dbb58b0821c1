#pragma once

#include "common/base/result.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace evd::access {

// A security identifier: who a principal is (PSD-004 §2.1).
//
//    byte  0     1      2..7                 8..
//         +---+-------+--------------------+------------------------------+
//         | 1 | count | authority, 48 bit, | count sub-authorities, each  |
//         |   | 0..15 | big-endian         | u32 little-endian            |
//         +---+-------+--------------------+------------------------------+
//
// Takes away the question of where the bytes live: a Sid owns its at most 68 bytes and is a plain
// value. Equality is byte equality and nothing else (§2.1). The default is S-1-0-0, nobody. parse()
// and parseText() fail with Invalid; no other operation fails. Safe on any thread.
class Sid {
  public:
    static constexpr size_t kBytesMin = 8;
    static constexpr size_t kSubAuthoritiesMax = 15;
    static constexpr size_t kBytesMax = kBytesMin + 4 * kSubAuthoritiesMax;

    constexpr Sid() : Sid(0, {0}) {}
    // For names known when the program is written; at most kSubAuthoritiesMax sub-authorities.
    constexpr Sid(uint64_t authority, std::initializer_list<uint32_t> sub_authorities) {
        bytes_[0] = 1;
        bytes_[1] = static_cast<uint8_t>(sub_authorities.size());
        for (size_t index = 0; index < 6; ++index) {
            bytes_[2 + index] = static_cast<uint8_t>(authority >> (8 * (5 - index)));
        }
        size_t at = kBytesMin;
        for (const uint32_t sub_authority : sub_authorities) {
            for (size_t index = 0; index < 4; ++index) {
                bytes_[at++] = static_cast<uint8_t>(sub_authority >> (8 * index));
            }
        }
    }

    // The SID that these bytes are, all of them.
    static base::Result<Sid> parse(std::span<const uint8_t> bytes);
    // The SID that these bytes begin with; size() says how many it took.
    static base::Result<Sid> parsePrefix(std::span<const uint8_t> bytes);
    // S-1-5-18; the authority in decimal below 2^32, else 0x and hex digits (§2.1).
    static base::Result<Sid> parseText(std::string_view text);

    std::span<const uint8_t> bytes() const { return {bytes_.data(), size()}; }
    constexpr size_t size() const { return kBytesMin + size_t{4} * bytes_[1]; }
    uint64_t authority() const;
    size_t subAuthorityCount() const { return bytes_[1]; }
    uint32_t subAuthority(size_t index) const;
    std::string text() const;

    // Unused bytes are zero, so that comparing all of them compares the SIDs.
    constexpr bool operator==(const Sid&) const = default;
    constexpr auto operator<=>(const Sid&) const = default;

  private:
    std::array<uint8_t, kBytesMax> bytes_{};
};

}  // namespace evd::access
