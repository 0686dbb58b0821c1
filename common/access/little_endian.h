#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evd::access {

// Little-endian numbers in and out of byte buffers, the order of everything in this folder except
// the authority of a SID. The load functions read at `at`, which the caller has checked to be in
// bounds; the append functions grow the buffer. No state, no failure.

inline uint16_t load16(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

inline uint32_t load32(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint32_t>(load16(bytes, at)) | static_cast<uint32_t>(load16(bytes, at + 2))
                                                          << 16;
}

inline uint64_t load64(std::span<const uint8_t> bytes, size_t at) {
    return static_cast<uint64_t>(load32(bytes, at)) | static_cast<uint64_t>(load32(bytes, at + 4))
                                                          << 32;
}

inline void append16(std::vector<uint8_t>& out, uint16_t number) {
    out.push_back(static_cast<uint8_t>(number));
    out.push_back(static_cast<uint8_t>(number >> 8));
}

inline void append32(std::vector<uint8_t>& out, uint32_t number) {
    append16(out, static_cast<uint16_t>(number));
    append16(out, static_cast<uint16_t>(number >> 16));
}

inline void append64(std::vector<uint8_t>& out, uint64_t number) {
    append32(out, static_cast<uint32_t>(number));
    append32(out, static_cast<uint32_t>(number >> 32));
}

inline void appendBytes(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Writes over a number whose place was kept free.
inline void store32(std::vector<uint8_t>& out, size_t at, uint32_t number) {
    for (size_t index = 0; index < 4; ++index) {
        out[at + index] = static_cast<uint8_t>(number >> (8 * index));
    }
}

}  // namespace evd::access
