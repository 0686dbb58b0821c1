#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace evd::kmes {

// The bytes of one CPU's ring as both ends map them (Spec PSD-003 §5.1, version 1, little-endian).
//
//   offset            size        what                                   consumer may
//   0                 4096        producer page (ProducerPage)           read
//   4096              4096        consumer page (ConsumerPage)           read and write
//   8192              capacity    data                                   read
//   8192 + capacity   capacity    the same data again                    read
//
//   producer page
//    0        8        12     14    16         24            32           40           64
//   +--------+--------+------+-----+----------+-------------+------------+------------+
//   |KMESRING|version |cpu_id|zero | capacity | data_offset | generation | zero       |  line 0
//   +--------+--------+------+-----+----------+-------------+------------+------------+
//   | write_pos (64)  | tail_pos (72)         | zero                                  |  line 1
//   +-----------------+-----------------------+---------------------------------------+
//   | futex_counter (128) | zero                                                      |  line 2
//   +---------------------+-----------------------------------------------------------+
//
// Positions are byte offsets that only grow; the place in the data is position & (capacity - 1).
// Events are packed without padding; data mapped twice makes each of them contiguous. Events from
// tail_pos up to write_pos survive. Both ends keep to Spec §5.1 for the order of loads and stores;
// nothing read from a page that the other end can write is believed without a check.

inline constexpr std::array<uint8_t, 8> kRingMagic = {'K', 'M', 'E', 'S', 'R', 'I', 'N', 'G'};
inline constexpr uint32_t kRingVersion = 1;
inline constexpr size_t kRingPageBytes = 4096;
inline constexpr size_t kRingDataOffset = 2 * kRingPageBytes;

// Limits of BufferCapacity (Spec PSD-003 §8).
inline constexpr uint64_t kRingCapacityMin = 65'536;
inline constexpr uint64_t kRingCapacityMax = 268'435'456;
inline constexpr uint64_t kRingCapacityDefault = 4'194'304;

inline constexpr bool isRingCapacity(uint64_t capacity) {
    return capacity >= kRingCapacityMin && capacity <= kRingCapacityMax &&
           (capacity & (capacity - 1)) == 0;
}

// The largest event that a ring takes, header included (Spec §5.1 step 5).
inline constexpr uint64_t eventBytesMaxOf(uint64_t capacity) {
    return capacity / 2;
}

// What a consumer maps of a kernel ring, and what both memories of contracts §4 make together.
inline constexpr uint64_t mappingBytesOf(uint64_t capacity) {
    return kRingDataOffset + 2 * capacity;
}

struct ProducerPage {
    std::array<uint8_t, 8> magic;
    uint32_t version;
    uint16_t cpu_id;
    uint16_t reserved0;
    uint64_t capacity;
    uint64_t data_offset;
    uint64_t generation;
    uint8_t reserved1[24];
    uint64_t write_pos;
    uint64_t tail_pos;
    uint8_t reserved2[48];
    uint32_t futex_counter;
    uint8_t reserved3[60];
    uint8_t rest[3904];
};
static_assert(sizeof(ProducerPage) == kRingPageBytes);
static_assert(offsetof(ProducerPage, cpu_id) == 12);
static_assert(offsetof(ProducerPage, generation) == 32);
static_assert(offsetof(ProducerPage, write_pos) == 64);
static_assert(offsetof(ProducerPage, tail_pos) == 72);
static_assert(offsetof(ProducerPage, futex_counter) == 128);

struct ConsumerPage {
    uint8_t need_wake;  // any nonzero value asks to be woken
    uint8_t reserved4[kRingPageBytes - 1];
};
static_assert(sizeof(ConsumerPage) == kRingPageBytes);

}  // namespace evd::kmes
