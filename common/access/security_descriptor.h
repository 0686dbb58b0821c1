#pragma once

#include "common/access/ace.h"
#include "common/access/sid.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::access {

// An access control list (PSD-004 §3.2).
//
//    byte  0          1     2..3   4..5    6..7
//         +----------+-----+------+-------+-----+------+------+---
//         | revision | sbz | size | count | sbz | ACE  | ACE  | ...
//         +----------+-----+------+-------+-----+------+------+---
//
// Revision and the two reserved fields are kept but mean nothing when read (§3.2, §3.4). Order is
// meaning: nothing here ever reorders ACEs (§3.5).
struct Acl {
    uint8_t revision = 2;
    uint8_t reserved1 = 0;
    uint16_t reserved2 = 0;
    std::vector<Ace> aces;

    bool operator==(const Acl&) const = default;
};

struct ParsedAcl {
    Acl acl;
    size_t bytes = 0;  // how many the ACL takes
};

// The ACL that these bytes begin with: exactly `count` ACEs that end exactly at its size.
base::Result<ParsedAcl> parseAclPrefix(std::span<const uint8_t> bytes);
base::Result<std::vector<uint8_t>> buildAcl(const Acl& acl);

// The least revision that permits these types (§3.4): 4 once there is an object or callback ACE.
uint8_t minimumRevision(const std::vector<Ace>& aces);

// Bits of the control field (§3.1) that this code names.
inline constexpr uint16_t kDaclPresent = 0x0004;
inline constexpr uint16_t kSaclPresent = 0x0010;
inline constexpr uint16_t kDaclAutoInheritRequired = 0x0100;
inline constexpr uint16_t kSaclAutoInheritRequired = 0x0200;
inline constexpr uint16_t kDaclAutoInherited = 0x0400;
inline constexpr uint16_t kSaclAutoInherited = 0x0800;
inline constexpr uint16_t kDaclProtected = 0x1000;
inline constexpr uint16_t kSaclProtected = 0x2000;
inline constexpr uint16_t kSelfRelative = 0x8000;

// Who owns an object and who may do what with it (PSD-004 §3.1), self-relative.
//
//    byte  0   1    2..3      4..7    8..11   12..15  16..19   20..
//         +---+----+---------+-------+-------+-------+-------+--------------------------------+
//         | 1 | rm | control | owner | group | SACL  | DACL  | the parts, at these offsets    |
//         +---+----+---------+-------+-------+-------+-------+--------------------------------+
//
// A plain value that owns its parts; safe on any thread. An absent DACL (NULL DACL) lets everybody
// do everything, an empty one nobody anything (§3.1): that is why it is optional and not a list.
// The control field is kept whole; the bits that say which ACL is present and that the form is
// self-relative are set from the parts when it is built.
struct SecurityDescriptor {
    static constexpr size_t kHeaderBytes = 20;
    static constexpr size_t kBytesMax = 65'535;

    uint16_t control = kSelfRelative;
    uint8_t resource_manager = 0;
    std::optional<Sid> owner;
    std::optional<Sid> group;
    std::optional<Acl> sacl;
    std::optional<Acl> dacl;

    bool operator==(const SecurityDescriptor&) const = default;
};

// Strict as the kernel (peios-abi §3.3): at most kBytesMax bytes, offsets behind the header, an ACL
// present exactly when its bit says so, no two parts sharing bytes, every ACE sound. Bytes between
// and behind the parts are ignored. Invalid otherwise. An owner may be absent here; the access
// check is what refuses it.
base::Result<SecurityDescriptor> parseSecurityDescriptor(std::span<const uint8_t> bytes);

// The bytes, parts in the order owner, group, SACL, DACL without holes. Invalid when they would be
// more than kBytesMax or an ACE cannot be written.
base::Result<std::vector<uint8_t>> buildSecurityDescriptor(const SecurityDescriptor& descriptor);

}  // namespace evd::access
