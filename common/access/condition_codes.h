#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace evd::access {

// The byte codes of conditional expressions (PSD-004 §3.11).
//
//    61 72 74 78  token token token ... [00 00 ..]
//    "artx"       postfix order         padding to the end of the ACE
//
// A literal is its code and its data: integers 8 bytes, sign, base; strings, octets, SIDs and
// composites a u32 length in bytes and the bytes. An attribute is its code, a u32 length and the
// name in UTF-16LE. An operator is its code alone.
inline constexpr std::array<uint8_t, 4> kConditionMagic = {0x61, 0x72, 0x74, 0x78};

inline constexpr uint8_t kCodePadding = 0x00;
inline constexpr uint8_t kCodeInt8 = 0x01;
inline constexpr uint8_t kCodeInt64 = 0x04;
inline constexpr uint8_t kCodeString = 0x10;
inline constexpr uint8_t kCodeOctets = 0x18;
inline constexpr uint8_t kCodeComposite = 0x50;
inline constexpr uint8_t kCodeSid = 0x51;

inline constexpr uint8_t kCodeEqual = 0x80;
inline constexpr uint8_t kCodeNotEqual = 0x81;
inline constexpr uint8_t kCodeLess = 0x82;
inline constexpr uint8_t kCodeLessEqual = 0x83;
inline constexpr uint8_t kCodeGreater = 0x84;
inline constexpr uint8_t kCodeGreaterEqual = 0x85;
inline constexpr uint8_t kCodeContains = 0x86;
inline constexpr uint8_t kCodeExists = 0x87;
inline constexpr uint8_t kCodeAnyOf = 0x88;
inline constexpr uint8_t kCodeMemberOf = 0x89;
inline constexpr uint8_t kCodeDeviceMemberOf = 0x8a;
inline constexpr uint8_t kCodeMemberOfAny = 0x8b;
inline constexpr uint8_t kCodeDeviceMemberOfAny = 0x8c;
inline constexpr uint8_t kCodeNotExists = 0x8d;
inline constexpr uint8_t kCodeNotContains = 0x8e;
inline constexpr uint8_t kCodeNotAnyOf = 0x8f;
inline constexpr uint8_t kCodeNotMemberOf = 0x90;
inline constexpr uint8_t kCodeNotDeviceMemberOf = 0x91;
inline constexpr uint8_t kCodeNotMemberOfAny = 0x92;
inline constexpr uint8_t kCodeNotDeviceMemberOfAny = 0x93;
inline constexpr uint8_t kCodeAnd = 0xa0;
inline constexpr uint8_t kCodeOr = 0xa1;
inline constexpr uint8_t kCodeNot = 0xa2;
inline constexpr uint8_t kCodeLocal = 0xf8;
inline constexpr uint8_t kCodeUser = 0xf9;
inline constexpr uint8_t kCodeResource = 0xfa;
inline constexpr uint8_t kCodeDevice = 0xfb;

inline constexpr uint8_t kSignPlus = 1;
inline constexpr uint8_t kSignMinus = 2;
inline constexpr uint8_t kSignNone = 3;
inline constexpr uint8_t kBaseOctal = 1;
inline constexpr uint8_t kBaseDecimal = 2;
inline constexpr uint8_t kBaseHex = 3;

// The limits of the kernel's machine (peios-abi §3.9). Beyond them an expression is UNKNOWN.
inline constexpr size_t kConditionStackMax = 1024;
inline constexpr size_t kCompositeDepthMax = 64;

// What an operator does with the stack. Compare takes two values, Exists an attribute, Membership a
// SID or a set of SIDs; Binary and Not take results, or attributes for their truth. All leave a
// result.
enum class OperatorKind { Compare, Exists, Membership, Binary, Not };

struct OperatorCode {
    uint8_t code;
    OperatorKind kind;
    std::string_view word;  // how it is written in text
};

inline constexpr std::array<OperatorCode, 23> kOperators = {{
    {kCodeEqual, OperatorKind::Compare, "=="},
    {kCodeNotEqual, OperatorKind::Compare, "!="},
    {kCodeLess, OperatorKind::Compare, "<"},
    {kCodeLessEqual, OperatorKind::Compare, "<="},
    {kCodeGreater, OperatorKind::Compare, ">"},
    {kCodeGreaterEqual, OperatorKind::Compare, ">="},
    {kCodeContains, OperatorKind::Compare, "Contains"},
    {kCodeAnyOf, OperatorKind::Compare, "Any_of"},
    {kCodeNotContains, OperatorKind::Compare, "Not_Contains"},
    {kCodeNotAnyOf, OperatorKind::Compare, "Not_Any_of"},
    {kCodeExists, OperatorKind::Exists, "Exists"},
    {kCodeNotExists, OperatorKind::Exists, "Not_Exists"},
    {kCodeMemberOf, OperatorKind::Membership, "Member_of"},
    {kCodeDeviceMemberOf, OperatorKind::Membership, "Device_Member_of"},
    {kCodeMemberOfAny, OperatorKind::Membership, "Member_of_Any"},
    {kCodeDeviceMemberOfAny, OperatorKind::Membership, "Device_Member_of_Any"},
    {kCodeNotMemberOf, OperatorKind::Membership, "Not_Member_of"},
    {kCodeNotDeviceMemberOf, OperatorKind::Membership, "Not_Device_Member_of"},
    {kCodeNotMemberOfAny, OperatorKind::Membership, "Not_Member_of_Any"},
    {kCodeNotDeviceMemberOfAny, OperatorKind::Membership, "Not_Device_Member_of_Any"},
    {kCodeAnd, OperatorKind::Binary, "&&"},
    {kCodeOr, OperatorKind::Binary, "||"},
    {kCodeNot, OperatorKind::Not, "!"},
}};

inline const OperatorCode* findOperator(uint8_t code) {
    for (const OperatorCode& known : kOperators) {
        if (known.code == code) {
            return &known;
        }
    }
    return nullptr;
}

inline bool isAttributeCode(uint8_t code) {
    return code >= kCodeLocal && code <= kCodeDevice;
}

inline bool isLiteralCode(uint8_t code) {
    return (code >= kCodeInt8 && code <= kCodeInt64) || code == kCodeString ||
           code == kCodeOctets || code == kCodeComposite || code == kCodeSid;
}

}  // namespace evd::access
