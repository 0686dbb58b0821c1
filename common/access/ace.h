#pragma once

#include "common/access/sid.h"
#include "common/base/guid.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::access {

// Types of access control entries (PSD-004 §3.4). Constants and no enum, because any byte may stand
// there: a type not listed is kept as it is and never acted upon.
inline constexpr uint8_t kAceAllowed = 0x00;
inline constexpr uint8_t kAceDenied = 0x01;
inline constexpr uint8_t kAceAudit = 0x02;
inline constexpr uint8_t kAceAlarm = 0x03;
inline constexpr uint8_t kAceAllowedObject = 0x05;
inline constexpr uint8_t kAceDeniedObject = 0x06;
inline constexpr uint8_t kAceAuditObject = 0x07;
inline constexpr uint8_t kAceAlarmObject = 0x08;
inline constexpr uint8_t kAceAllowedCallback = 0x09;
inline constexpr uint8_t kAceDeniedCallback = 0x0A;
inline constexpr uint8_t kAceAllowedCallbackObject = 0x0B;
inline constexpr uint8_t kAceDeniedCallbackObject = 0x0C;
inline constexpr uint8_t kAceAuditCallback = 0x0D;
inline constexpr uint8_t kAceAlarmCallback = 0x0E;
inline constexpr uint8_t kAceAuditCallbackObject = 0x0F;
inline constexpr uint8_t kAceAlarmCallbackObject = 0x10;
inline constexpr uint8_t kAceMandatoryLabel = 0x11;
inline constexpr uint8_t kAceResourceAttribute = 0x12;
inline constexpr uint8_t kAceScopedPolicy = 0x13;
inline constexpr uint8_t kAceProcessTrustLabel = 0x14;

// Flags. Inheritance matters to whoever makes descriptors of new objects; of it a check knows only
// that an inherit-only rule is none. The audit flags say which outcomes are told.
inline constexpr uint8_t kAceObjectInherit = 0x01;
inline constexpr uint8_t kAceContainerInherit = 0x02;
inline constexpr uint8_t kAceNoPropagate = 0x04;
inline constexpr uint8_t kAceInheritOnly = 0x08;
inline constexpr uint8_t kAceInherited = 0x10;
inline constexpr uint8_t kAceAuditSuccess = 0x40;
inline constexpr uint8_t kAceAuditFailure = 0x80;

// How the bytes after the four of the header are laid out (§3.4).
enum class AceShape {
    SingleSid,          // mask, SID to the end
    Object,             // mask, flags, up to two GUIDs, SID to the end
    Callback,           // mask, SID, application data to the end
    CallbackObject,     // mask, flags, up to two GUIDs, SID, application data to the end
    ResourceAttribute,  // as Callback; the SID is Everyone, the data one claim entry
    Opaque,             // unknown: kept byte for byte
};

AceShape shapeOf(uint8_t ace_type);
// The types that the walk of a DACL acts upon, and of these the ones that allow.
bool isAccessAce(uint8_t ace_type);
bool isAllowAce(uint8_t ace_type);
// The types of callback ACEs, whose application data is a condition.
bool isConditionalAce(uint8_t ace_type);

// One rule of an ACL (PSD-004 §3.4).
//
//    byte  0      1       2..3     4..7    then, by shape
//         +------+-------+--------+-------+--------------------------------------------------+
//         | type | flags | size   | mask  | [object flags][type][inherited type] SID [data]  |
//         +------+-------+--------+-------+--------------------------------------------------+
//
// A plain value that owns its bytes. Fields that the shape does not have are empty; of an Opaque
// ACE only type, flags and opaque_body are set. The size is not stored: it follows from the rest.
struct Ace {
    static constexpr size_t kBytesMax = 0xFFFC;  // the size field, a multiple of four

    uint8_t type = kAceAllowed;
    uint8_t flags = 0;
    // Rights; of a mandatory label its policy, of a trust label what is left to the less trusted.
    uint32_t mask = 0;
    // Whom it is about; of a label its level, of a policy its name.
    Sid sid;
    // Bits of the object flags that say nothing about the GUIDs; ignored, but kept (§3.4).
    uint32_t unknown_object_flags = 0;
    // The node of an object tree it is about; without one it is about all of them (§10.5).
    std::optional<base::Guid> object_type;
    std::optional<base::Guid> inherited_object_type;
    // A condition in bytecode, or the claim of a resource attribute; padded to four bytes.
    std::vector<uint8_t> application_data;
    std::vector<uint8_t> opaque_body;

    bool inheritOnly() const { return (flags & kAceInheritOnly) != 0; }
    bool operator==(const Ace&) const = default;
};

struct ParsedAce {
    Ace ace;
    size_t bytes = 0;  // how many the ACE takes
};

// The ACE that these bytes begin with. Strict as the kernel: size a multiple of four, the SID to
// the end where it must be, no reserved bit in a mask (D-7; a mandatory label's is not a mask of
// rights and is not checked here, D-8), a resource attribute names Everyone and holds a claim that
// parses. Invalid otherwise, and then the whole descriptor is.
base::Result<ParsedAce> parseAcePrefix(std::span<const uint8_t> bytes);

// Appends the bytes of an ACE, application data padded with zeros to four bytes. Invalid when it
// would be longer than Ace::kBytesMax or parseAcePrefix() would not take it back.
base::Result<void> appendAce(std::vector<uint8_t>& out, const Ace& ace);

}  // namespace evd::access
