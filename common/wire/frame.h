#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::wire {

inline constexpr size_t kFrameHeadBytes = 4;
inline constexpr size_t kFrameReadBytes = 16 * 1024;

// Cuts a byte stream into frames (Spec §8.8, version 1, little-endian):
//
//      +------------------+---------------------------+
//      | length, u32 LE   | body, `length` bytes      |
//      +------------------+---------------------------+
//
// Made for non-blocking reads: take room(), read into it, tell received(), then call next() until
// it has nothing. Memory grows with the bytes that have arrived, never with what a length claims. A
// length above the maximum given is Invalid, for good: the stream has lost its meaning and the
// caller closes it. Belongs to one connection and its thread.
class FrameDecoder {
  public:
    explicit FrameDecoder(size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

    // Where the next bytes of the stream go; at least kFrameReadBytes. Ends the life of what next()
    // gave.
    std::span<uint8_t> room();
    void received(size_t bytes);

    // The body of the next whole frame, valid until room() is called; nothing when more bytes are
    // needed.
    base::Result<std::optional<std::span<const uint8_t>>> next();

    // True when the stream may not end here.
    bool isInsideFrame() const { return filled_ != taken_; }

  private:
    size_t body_bytes_max_;
    std::vector<uint8_t> buffer_;
    size_t filled_ = 0;  // bytes received
    size_t taken_ = 0;   // bytes of frames already given out
};

// Appends one frame to a stream's buffer. The body fits a u32.
void appendFrame(std::vector<uint8_t>& out, std::span<const uint8_t> body);

// For bodies that are written in place: open, write the body onto the end of `out`, close.
size_t openFrame(std::vector<uint8_t>& out);
void closeFrame(std::vector<uint8_t>& out, size_t opened_at);

}  // namespace evd::wire
