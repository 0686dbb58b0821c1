#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/event_header.h"
#include "common/kmes/ring_mapping.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace evd::kmes {

// KMES over a SOCK_SEQPACKET socket (contracts §4): one packet per request and per reply,
// little-endian, answered in order.
//
//   attach      | u32 1 | u32 cpu |
//   emit        | u32 2 | u16 type_len | u16 0 | u32 payload_len | type | payload |
//   emit batch  | u32 3 | u32 count 1..256 | then per entry
//               |       | u16 type_len | u16 0 | u32 payload_len | type | payload |
//   resize      | u32 4 | u32 0 | u64 capacity |
//
//   reply       | i32 status | u32 emitted (batch) or 0 |             to emit, batch and resize
//   reply       | i32 status | u32 0 | u64 capacity |   + two fds      to attach
//
// status is 0 or a negative errno with the meaning of the system calls (Spec PSD-003 §4.1). A
// packet is exactly as long as its fields say; anything else is Invalid. Parsing keeps no state,
// copies no payload (entries are views into the packet) and is safe on any thread.

enum class KmesOperation : uint32_t { Attach = 1, Emit = 2, EmitBatch = 3, Resize = 4 };

// The greatest value of MaxEventSize (Spec PSD-003 §8), and room for the fields around a full
// packet.
inline constexpr size_t kEmitEventBytesMax = 4'194'304;
inline constexpr size_t kKmesPacketBytesMax = kEmitEventBytesMax + 8192;
inline constexpr size_t kKmesReplyBytesMax = 16;

struct AttachRequest {
    uint32_t cpu = 0;
};
struct EmitRequest {
    EmitEntry entry;
};
struct EmitBatchRequest {
    std::vector<EmitEntry> entries;
};
struct ResizeRequest {
    uint64_t capacity = 0;
};
using KmesRequest = std::variant<AttachRequest, EmitRequest, EmitBatchRequest, ResizeRequest>;

base::Result<KmesRequest> parseRequest(std::span<const uint8_t> packet);

std::vector<uint8_t> encodeAttach(uint32_t cpu);
// The entry's type must fit a u16 and its payload a u32; at most kEmitBatchEntriesMax entries.
std::vector<uint8_t> encodeEmit(const EmitEntry& entry);
std::vector<uint8_t> encodeEmitBatch(std::span<const EmitEntry> entries);
std::vector<uint8_t> encodeResize(uint64_t capacity);
// The bytes that an entry adds to a batch packet.
size_t batchEntryBytes(const EmitEntry& entry);
inline constexpr size_t kBatchPrefixBytes = 8;

struct EmitReply {
    int32_t status = 0;
    uint32_t emitted = 0;  // of a batch
};
struct AttachReply {
    int32_t status = 0;
    uint64_t capacity = 0;
};

std::array<uint8_t, 8> encodeReply(const EmitReply& reply);
std::array<uint8_t, 16> encodeReply(const AttachReply& reply);
base::Result<EmitReply> parseEmitReply(std::span<const uint8_t> packet);
base::Result<AttachReply> parseAttachReply(std::span<const uint8_t> packet);

// What an errno of KMES asks the caller to do: EPERM Denied, EINVAL, ENOSPC and EFAULT Invalid,
// EAGAIN and ENOMEM Busy, ENOSYS Unsupported, anything else Io.
base::Error kmesError(std::string_view what, int error_number);

struct AttachedRing {
    uint64_t capacity = 0;
    RingMemories memories;
};

// Asks for the ring of one cpu and waits for the answer (as long as the socket's own timeout lets
// it). NotFound past the last cpu (Ruling K3), Gone when the connection has ended.
base::Result<AttachedRing> attachRing(int fd, uint32_t cpu);

// Reads an attach answer that is already due on this socket; attachRing is a send and this.
base::Result<AttachedRing> receiveAttached(int fd, uint32_t cpu);

}  // namespace evd::kmes
