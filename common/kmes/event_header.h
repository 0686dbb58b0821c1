#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace evd::kmes {

// One event as it lies in a ring, travels to the store and is validated there (Spec PSD-003 §2.1).
// Packed, little-endian, unaligned; the next event begins right behind the last byte.
//
//   0          4           8           16        24       26       27          43
//   +----------+-----------+-----------+---------+--------+--------+-----------+
//   |event_size|header_size| timestamp | sequence| cpu_id | origin | effective |
//   |   u32    |    u32    |    u64    |   u64   |  u16   |   u8   | token GUID|
//   +----------+-----------+-----------+---------+--------+--------+-----------+
//   43           59             75        77           header_size   event_size
//   +------------+--------------+---------+------------+-------------+
//   | true token | process GUID | type_len| type, UTF-8|   payload   |
//   |    GUID    |              |   u16   |            |   msgpack   |
//   +------------+--------------+---------+------------+-------------+
//
// header_size is 77 + type_len today and may grow; the payload is found by header_size only.

inline constexpr size_t kEventHeaderBytes = 77;
inline constexpr size_t kEventTypeBytesMax = 65'535;
inline constexpr size_t kEmitBatchEntriesMax = 256;  // Spec §4.1, kmes_emit_batch

// Where an event came from (Spec §2.1). Values above 3 are future kernel subsystems: kept as they
// are.
inline constexpr uint8_t kOriginUserspace = 0;
inline constexpr uint8_t kOriginKmes = 1;
inline constexpr uint8_t kOriginKacs = 2;
inline constexpr uint8_t kOriginLcs = 3;

struct EventHeader {
    uint32_t event_bytes = 0;   // header, type and payload
    uint32_t header_bytes = 0;  // where the payload begins
    uint64_t timestamp_ns = 0;  // CLOCK_REALTIME; may step backwards
    uint64_t sequence = 0;      // per cpu and boot, first is 1
    uint16_t cpu = 0;
    uint8_t origin_class = 0;
    base::Guid effective_token;
    base::Guid true_token;
    base::Guid process;
    uint16_t type_bytes = 0;

    bool operator==(const EventHeader&) const = default;
};

// The part of a header that decides where an event ends and which one it is; cheap enough to read
// for every event of a run.
struct EventFrame {
    uint32_t event_bytes = 0;
    uint64_t timestamp_ns = 0;
    uint64_t sequence = 0;
    uint16_t cpu = 0;
};

// What an emitter brings: KMES adds the rest. Views into the emitter's memory.
struct EmitEntry {
    std::string_view type;
    std::span<const uint8_t> payload;
};

// Reads the frame of the event that begins at bytes[0]; bytes may hold more behind it. False unless
// 77 <= header_size <= event_size <= bytes.size(), 77 + type_len <= header_size and the sequence is
// not 0 (Spec §5.1 read step 6, peios-abi §1.8). The frame is untouched then. Whether the cpu and
// the size suit the ring is for the caller, who knows the ring.
bool readEventFrame(std::span<const uint8_t> bytes, EventFrame& frame);

// The same for an event of which only the front is at hand: bytes holds at least its header, and
// `available` says how many bytes there are elsewhere. Reads nothing but the header.
bool readEventFrame(std::span<const uint8_t> bytes, uint64_t available, EventFrame& frame);

// The whole header under the same checks; Invalid with the offending numbers otherwise. Neither the
// type's UTF-8 nor the payload is looked at. Any thread.
base::Result<EventHeader> decodeEventHeader(std::span<const uint8_t> bytes);

// Views into an event whose header was decoded from the same bytes.
std::string_view eventType(const EventHeader& header, std::span<const uint8_t> bytes);
std::span<const uint8_t> eventPayload(const EventHeader& header, std::span<const uint8_t> bytes);

// The packed 77 bytes, exactly as the header says, checked or not (tests write bad ones).
void encodeEventHeader(const EventHeader& header, std::span<uint8_t, kEventHeaderBytes> out);

// The bytes of an event with this type and payload; may exceed what fits a u32.
uint64_t eventBytesOf(const EmitEntry& entry);

}  // namespace evd::kmes
