#pragma once

#include "common/base/result.h"

#include <cstdint>

namespace evd::access {

// The 32 bits of an access mask (PSD-004 §3.3):
//
//    31   28   25  24 23  21 20       16 15                0
//    +-----+--+--+---+------+-----------+-------------------+
//    | gen |  |MA|ASS|  --  | standard  | rights of the kind|
//    +-----+--+--+---+------+-----------+-------------------+
//
// Bits 21-23, 26 and 27 are reserved.
inline constexpr uint32_t kDelete = 0x0001'0000;
inline constexpr uint32_t kReadControl = 0x0002'0000;
inline constexpr uint32_t kWriteDac = 0x0004'0000;
inline constexpr uint32_t kWriteOwner = 0x0008'0000;
inline constexpr uint32_t kSynchronize = 0x0010'0000;
// To read and write the SACL; only privileges grant it (PSD-004 §10.10, step 5).
inline constexpr uint32_t kAccessSystemSecurity = 0x0100'0000;
// No right: asks what the caller could get at all. Never stands in a rule.
inline constexpr uint32_t kMaximumAllowed = 0x0200'0000;
// Stand for the rights that a GenericMapping gives them.
inline constexpr uint32_t kGenericAll = 0x1000'0000;
inline constexpr uint32_t kGenericExecute = 0x2000'0000;
inline constexpr uint32_t kGenericWrite = 0x4000'0000;
inline constexpr uint32_t kGenericRead = 0x8000'0000;
inline constexpr uint32_t kGenericBits =
    kGenericAll | kGenericExecute | kGenericWrite | kGenericRead;
inline constexpr uint32_t kReservedBits = 0x0CE0'0000;

// The rights eventd knows for a pattern (PSD-008 §9.1).
inline constexpr uint32_t kEventdRead = 0x0000'0001;
inline constexpr uint32_t kEventdClear = 0x0000'0002;
// Ours, below Security\Publish: to send records under a name.
inline constexpr uint32_t kEventdPublish = 0x0000'0008;

// What the generic rights mean for one kind of object (PSD-004 §3.3).
//
// The members are taken as they are, reserved bits included, as the kernel takes them; only masks
// that are mapped are checked. A plain value.
struct GenericMapping {
    uint32_t read = 0;
    uint32_t write = 0;
    uint32_t execute = 0;
    uint32_t all = 0;

    // The mask with its generic bits replaced; Invalid when it has a reserved bit. We follow the
    // kernel here, which refuses what the text of §3.3 would ignore (Ruling V2, D-7).
    base::Result<uint32_t> map(uint32_t mask) const;
    // What is left of map() for masks of which no bit is reserved.
    uint32_t mapKnown(uint32_t mask) const;
};

// The mapping of eventd's patterns (PSD-008 §9.1, §13.1).
inline constexpr GenericMapping kEventdMapping = {0x0002'0001, 0x0002'0002, 0x0002'0001,
                                                  0x000F'0003};

// The mapping below Security\Publish. Writing is what one can do there.
inline constexpr GenericMapping kPublishMapping = {0x0002'0000, 0x0002'0008, 0x0002'0000,
                                                   0x000F'0008};

// Invalid when a mask cannot stand in an ACE: a reserved bit or MAXIMUM_ALLOWED (§3.3).
base::Result<void> checkAceMask(uint32_t mask);

}  // namespace evd::access
