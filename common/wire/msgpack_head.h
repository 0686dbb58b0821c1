#pragma once

#include "common/wire/msgpack.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace evd::wire {

// The hard cap on nesting, whatever a caller asks for (peios-abi §1.3).
inline constexpr uint32_t kMsgpackDepthCap = 256;

// The leading bytes of one msgpack value, taken apart but not interpreted.
//
//      +-------+----------------+----------+------------------+
//      | first | length, number | ext type | content          |
//      |   u8  |  0,1,2,4,8 BE  |  0 or 1  | text, bytes, ext |
//      +-------+----------------+----------+------------------+
//      <------------ head_bytes ----------><- content_bytes -->
//
// The one place that knows the format's first bytes; the reader, the validator and the path search
// are built on it, so that they can never disagree about where a value ends. Internal to
// common/wire. Inline because it runs once per token of every payload that enters the machine.
struct MsgpackHead {
    MsgpackKind kind = MsgpackKind::Nil;
    bool is_signed = false;  // Int only: the number is two's complement of number_bytes bytes
    uint8_t first = 0;
    uint8_t number_bytes = 0;
    int8_t extension_type = 0;
    uint64_t number = 0;  // the length or the number, as unsigned
    size_t head_bytes = 1;
    uint64_t content_bytes = 0;
    uint64_t children = 0;  // values that follow and belong to this one; two for a pair
};

namespace detail {

struct MsgpackForm {
    MsgpackKind kind;
    uint8_t number_bytes;
    uint8_t fixed_content;  // extensions of fixed size
    bool is_signed;
};

// 0xC0 to 0xDF. 0xC1 is never used by the format and refused before the table is read.
inline constexpr MsgpackForm kMsgpackForms[32] = {
    {MsgpackKind::Nil, 0, 0, false},        {MsgpackKind::Nil, 0, 0, false},
    {MsgpackKind::Boolean, 0, 0, false},    {MsgpackKind::Boolean, 0, 0, false},
    {MsgpackKind::Bytes, 1, 0, false},      {MsgpackKind::Bytes, 2, 0, false},
    {MsgpackKind::Bytes, 4, 0, false},      {MsgpackKind::Extension, 1, 0, false},
    {MsgpackKind::Extension, 2, 0, false},  {MsgpackKind::Extension, 4, 0, false},
    {MsgpackKind::Float, 4, 0, false},      {MsgpackKind::Float, 8, 0, false},
    {MsgpackKind::Uint, 1, 0, false},       {MsgpackKind::Uint, 2, 0, false},
    {MsgpackKind::Uint, 4, 0, false},       {MsgpackKind::Uint, 8, 0, false},
    {MsgpackKind::Int, 1, 0, true},         {MsgpackKind::Int, 2, 0, true},
    {MsgpackKind::Int, 4, 0, true},         {MsgpackKind::Int, 8, 0, true},
    {MsgpackKind::Extension, 0, 1, false},  {MsgpackKind::Extension, 0, 2, false},
    {MsgpackKind::Extension, 0, 4, false},  {MsgpackKind::Extension, 0, 8, false},
    {MsgpackKind::Extension, 0, 16, false}, {MsgpackKind::Text, 1, 0, false},
    {MsgpackKind::Text, 2, 0, false},       {MsgpackKind::Text, 4, 0, false},
    {MsgpackKind::Array, 2, 0, false},      {MsgpackKind::Array, 4, 0, false},
    {MsgpackKind::Map, 2, 0, false},        {MsgpackKind::Map, 4, 0, false},
};

inline uint64_t readBigEndian(const uint8_t* at, size_t count) {
    uint64_t number = 0;
    for (size_t i = 0; i < count; ++i) {
        number = number << 8 | at[i];
    }
    return number;
}

// What a length means for each kind that carries one.
inline void applyLength(MsgpackHead& head, uint64_t length) {
    if (head.kind == MsgpackKind::Array) {
        head.children = length;
    } else if (head.kind == MsgpackKind::Map) {
        head.children = length * 2;
    } else {
        head.content_bytes = length;
    }
    head.number = length;
}

inline void parseFixedHead(uint8_t first, MsgpackHead& head) {
    if (first < 0x80 || first >= 0xE0) {
        head.kind = MsgpackKind::Int;
        head.is_signed = true;
        head.number_bytes = 1;
        head.number = first;
    } else if (first >= 0xA0) {
        head.kind = MsgpackKind::Text;
        applyLength(head, first & 0x1FU);
    } else {
        head.kind = first >= 0x90 ? MsgpackKind::Array : MsgpackKind::Map;
        applyLength(head, first & 0x0FU);
    }
}

inline bool parseTabledHead(const uint8_t* at, size_t left, MsgpackHead& head) {
    const MsgpackForm& form = kMsgpackForms[*at - 0xC0];
    head.kind = form.kind;
    head.is_signed = form.is_signed;
    head.number_bytes = form.number_bytes;
    const bool is_extension = form.kind == MsgpackKind::Extension;
    head.head_bytes = size_t{1} + form.number_bytes + (is_extension ? 1 : 0);
    if (*at == 0xC1 || left < head.head_bytes) {
        return false;
    }
    head.number = readBigEndian(at + 1, form.number_bytes);
    if (is_extension) {
        head.extension_type = std::bit_cast<int8_t>(at[head.head_bytes - 1]);
        applyLength(head, form.fixed_content != 0 ? form.fixed_content : head.number);
    } else if (form.kind == MsgpackKind::Text || form.kind == MsgpackKind::Bytes ||
               form.kind == MsgpackKind::Array || form.kind == MsgpackKind::Map) {
        applyLength(head, head.number);
    }
    return true;
}

}  // namespace detail

// Takes the head at `at` apart, of which `left` bytes may be read. False when it is cut short, its
// content is, or its first byte is 0xC1.
inline bool parseMsgpackHead(const uint8_t* at, size_t left, MsgpackHead& head) {
    if (left == 0) {
        return false;
    }
    head = MsgpackHead{};
    head.first = *at;
    if (*at < 0xC0 || *at >= 0xE0) {
        detail::parseFixedHead(*at, head);
    } else if (!detail::parseTabledHead(at, left, head)) {
        return false;
    }
    return head.content_bytes <= left - head.head_bytes;
}

// Walks over one whole value that starts at `offset`, moving offset behind it. Each text's content
// goes to check_text, which may refuse it. At most containers_max non-empty containers may stand
// within one another; empty ones cost nothing (peios-abi §1.3). No recursion and no allocation: the
// open containers are counted in a fixed stack.
template <typename CheckText>
bool walkMsgpack(std::span<const uint8_t> bytes, size_t& offset, uint32_t containers_max,
                 CheckText check_text) {
    uint64_t pending[kMsgpackDepthCap + 1];  // values still to come, by level
    uint32_t level = 0;
    pending[0] = 1;
    const uint8_t* const data = bytes.data();
    size_t at = offset;
    while (true) {
        while (pending[level] == 0) {
            if (level == 0) {
                offset = at;
                return true;
            }
            --level;
        }
        --pending[level];
        if (at < bytes.size() && (data[at] < 0x80 || data[at] >= 0xE0)) {
            ++at;  // a small integer, the most common token
            continue;
        }
        MsgpackHead head;
        if (!parseMsgpackHead(data + at, bytes.size() - at, head)) {
            return false;
        }
        at += head.head_bytes;
        if (head.kind == MsgpackKind::Text &&
            !check_text(data + at, static_cast<size_t>(head.content_bytes))) {
            return false;
        }
        at += static_cast<size_t>(head.content_bytes);
        if (head.children != 0) {
            if (level >= containers_max || level >= kMsgpackDepthCap) {
                return false;
            }
            pending[++level] = head.children;
        }
    }
}

}  // namespace evd::wire
