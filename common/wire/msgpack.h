#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace evd::wire {

inline constexpr uint32_t kMsgpackDepthMax = 64;

enum class MsgpackKind { Nil, Boolean, Int, Uint, Float, Text, Bytes, Array, Map, Extension };

// One token of a msgpack value. Text and bytes point into the decoded buffer. Array and Map carry
// the number of elements or pairs, which follow as tokens of their own.
struct MsgpackToken {
    MsgpackKind kind = MsgpackKind::Nil;
    bool boolean = false;
    int64_t int_value = 0;    // Int: every integer that fits i64
    uint64_t uint_value = 0;  // Uint: only integers above 2^63-1
    double float_value = 0;
    uint32_t count = 0;         // Array: elements; Map: pairs
    int8_t extension_type = 0;  // Extension
    std::string_view bytes;     // Text, Bytes, Extension content
};

// Reads msgpack token by token without building anything.
//
// Bytes come from outside and are never trusted: every length is checked against what is left and
// nesting against the depth given, before anything is used. Text is not checked for UTF-8 here
// (validateMsgpack does). Keeps a pointer into the caller's buffer, allocates nothing; one thread.
class MsgpackReader {
  public:
    explicit MsgpackReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    // The next token, or Invalid (truncated, byte 0xC1).
    base::Result<MsgpackToken> next();
    // Passes over one whole value, containers included; Invalid past depth_max levels.
    base::Result<void> skip(uint32_t depth_max = kMsgpackDepthMax);

    bool atEnd() const { return offset_ == bytes_.size(); }
    size_t offset() const { return offset_; }

  private:
    std::span<const uint8_t> bytes_;
    size_t offset_ = 0;
};

// Writes msgpack in its shortest forms onto the end of a buffer. Never fails; one thread.
class MsgpackWriter {
  public:
    explicit MsgpackWriter(std::vector<uint8_t>& out) : out_(out) {}

    void nil();
    void boolean(bool value);
    void integer(int64_t value);
    void unsignedInteger(uint64_t value);
    void floating(double value);
    void text(std::string_view value);
    void bytes(std::span<const uint8_t> value);
    void arrayHeader(uint32_t count);
    void mapHeader(uint32_t pairs);
    // Bytes that already are msgpack, as they are.
    void raw(std::span<const uint8_t> value);
    // A map header whose pair count is not known yet: always map32; patch it with setMapCount.
    size_t openMap();
    void setMapCount(size_t opened_at, uint32_t pairs);

  private:
    std::vector<uint8_t>& out_;
};

// Whether the bytes are exactly one valid msgpack value under the rules of the KMES system calls:
// no 0xC1, text is UTF-8, no trailing bytes, and at most depth_max nesting where the counter starts
// at 1 and only non-empty containers count (peios-abi §1.3). Empty input is invalid.
base::Result<void> validateMsgpack(std::span<const uint8_t> bytes, uint32_t depth_max);

}  // namespace evd::wire
