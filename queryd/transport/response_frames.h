#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace evd::queryd {

// A frame of records is sent when it holds this much (contracts §5); a larger record is a frame
// alone.
inline constexpr size_t kFrameFillBytes = 64 * 1024;

// The messages of a response, each a whole frame: u32 little-endian length, then msgpack (Spec
// §8.8).
//
//    {"status": "ok", "records": [map, ...]}     {"status": "end"}
//    {"status": "error", "error": text}          {"status": "watch"}     (contracts §5)
//
// RecordFrame collects records into one `ok` message: the array is always array32, so that its
// count can be set when the frame is closed and no record is copied twice. Belongs to one answer.
class RecordFrame {
  public:
    RecordFrame() { clear(); }

    // Whether the record belongs into this frame rather than into the next one.
    bool hasRoomFor(size_t record_bytes) const;
    void add(std::span<const uint8_t> msgpack_map);
    uint32_t count() const { return count_; }

    // Sets length and count; the frame is valid until the next clear().
    std::span<const uint8_t> close();
    void clear();

  private:
    std::vector<uint8_t> bytes_;
    size_t count_at_ = 0;
    uint32_t count_ = 0;
};

std::vector<uint8_t> endFrame();
std::vector<uint8_t> watchFrame();
// Text of any origin: what is not UTF-8 is replaced.
std::vector<uint8_t> errorFrame(std::string_view text);

}  // namespace evd::queryd
