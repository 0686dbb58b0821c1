#pragma once

#include "common/base/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::base {

// A 16-byte identifier in Microsoft byte order, the order of KMES headers and of all stores
// (PSD-002).
//
//    byte  0..3      4..5      6..7      8..15
//         +--------+---------+---------+----------------+
//         | Data1  |  Data2  |  Data3  |     Data4      |
//         | u32 LE |  u16 LE |  u16 LE |   bytes as is  |
//         +--------+---------+---------+----------------+
//
// Text is {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}, lower case. A plain value; the default is the nil
// GUID.
struct Guid {
    std::array<uint8_t, 16> bytes{};

    bool operator==(const Guid&) const = default;
    auto operator<=>(const Guid&) const = default;
    bool isNil() const { return *this == Guid{}; }
};

// With braces, lower case.
std::string formatGuid(const Guid& guid);

// Takes either case, with or without braces; anything else is Invalid.
Result<Guid> parseGuid(std::string_view text);

// The GUID that these 16 bytes are; exactly 16 or Invalid.
Result<Guid> guidFromBytes(std::span<const uint8_t> bytes);

// RFC 4122 version 4: from the kernel's randomness.
Guid randomGuid();

// RFC 4122 version 5: hashes the name_space in network order and the name; the result is in
// Microsoft order like every Guid (Ruling A3, peios-abi §2.3).
Guid nameGuid(const Guid& name_space, std::string_view name);

}  // namespace evd::base
