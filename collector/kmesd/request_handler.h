#pragma once

#include "collector/kmesd/peer.h"
#include "collector/kmesd/rate_limiter.h"
#include "collector/kmesd/ring_set.h"
#include "common/base/clock.h"
#include "common/kmes/kmes_protocol.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

namespace evd::collector {

// Defaults of Machine\System\KMES (Spec PSD-003 §6.1).
struct EmitLimits {
    uint32_t event_bytes_max = 65'536;
    uint32_t nesting_depth_max = 32;
    uint32_t events_per_second = 10'000;
};

// What one connection is to the handler; fixed when it is accepted.
struct Peer {
    PeerRights rights;
    PeerStamps stamps;
    uint16_t ring = 0;  // all events of a connection go to one ring, so they keep their order
};

// How many requests were refused, by reason. Written on the server's thread, read anywhere.
struct RefusalCounts {
    std::atomic<uint64_t> denied{0};
    std::atomic<uint64_t> rate_limited{0};
    std::atomic<uint64_t> invalid{0};
    std::atomic<uint64_t> too_large{0};
    std::atomic<uint64_t> draining{0};
};

// The answer to one packet.
struct Reply {
    std::array<uint8_t, kmes::kKmesReplyBytesMax> buffer{};
    size_t byte_count = 0;
    std::optional<RingSet::Attachment> attachment;  // its descriptors go with the packet
    // A permitted resize has no bytes yet: the answer follows when the rings are swapped.
    std::optional<uint64_t> resize_to;

    std::span<const uint8_t> bytes() const { return std::span(buffer).first(byte_count); }
};

// Decides what a packet of contracts §4 does and what is answered.
//
// Takes the place of the three system calls: same checks in the same order, same errno, same effect
// (Spec PSD-003 §4.1, peios-abi §1.2). Packets come from any user of the machine and are never
// trusted; whatever they hold, the answer is a reply and the connection goes on. Called by the
// server on its thread only. Events larger than the limits, or half a ring, are ENOSPC; a malformed
// packet is EINVAL and emits nothing.
class RequestHandler {
  public:
    // All outlive the handler.
    RequestHandler(RingSet& rings, const base::Clock& clock, const EmitLimits& limits,
                   RefusalCounts& refusals);

    // truncated: the packet was longer than kKmesPacketBytesMax, and only its beginning is here.
    Reply handle(const Peer& peer, std::span<const uint8_t> packet, bool truncated);

    // From now on nothing is emitted: EAGAIN, the errno that tells an emitter to come back later.
    void drain() { draining_ = true; }

    static Reply emitReply(int32_t status, uint32_t emitted);
    static Reply attachReply(int32_t status, uint64_t capacity);

  private:
    enum class TypeCheck { First, AfterSize };

    Reply attach(uint32_t cpu);
    Reply emit(const Peer& peer, const kmes::EmitEntry& entry);
    Reply emitBatch(const Peer& peer, std::span<const kmes::EmitEntry> entries);
    Reply refuse(uint32_t operation, int error_number);
    void countRefusal(int error_number);
    // 0 or the errno of the first check that fails.
    int checkPermission(const Peer& peer, uint32_t operation) const;
    int checkRate(const Peer& peer, size_t count);
    int checkEntry(const kmes::EmitEntry& entry, TypeCheck type_check) const;
    void append(const Peer& peer, std::span<const kmes::EmitEntry> entries);

    RingSet& rings_;
    const base::Clock& clock_;
    EmitLimits limits_;
    RefusalCounts& refusals_;
    RateLimiter rate_limiter_;
    bool draining_ = false;
};

}  // namespace evd::collector
