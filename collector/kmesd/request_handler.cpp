#include "collector/kmesd/request_handler.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace evd::collector {

using kmes::EmitEntry;
using kmes::KmesOperation;

namespace {

constexpr uint32_t kAttach = static_cast<uint32_t>(KmesOperation::Attach);
constexpr uint32_t kEmit = static_cast<uint32_t>(KmesOperation::Emit);
constexpr uint32_t kEmitBatch = static_cast<uint32_t>(KmesOperation::EmitBatch);
constexpr uint32_t kResize = static_cast<uint32_t>(KmesOperation::Resize);

bool isEmit(uint32_t operation) {
    return operation == kEmit || operation == kEmitBatch;
}

// 0, which is no operation, when the packet is too short to have one.
uint32_t operationOf(std::span<const uint8_t> packet) {
    uint32_t operation = 0;
    if (packet.size() >= sizeof(operation)) {
        std::memcpy(&operation, packet.data(), sizeof(operation));
    }
    return operation;
}

}  // namespace

RequestHandler::RequestHandler(RingSet& rings, const base::Clock& clock, const EmitLimits& limits,
                               RefusalCounts& refusals)
    : rings_(rings),
      clock_(clock),
      limits_(limits),
      refusals_(refusals),
      rate_limiter_(limits.events_per_second) {}

Reply RequestHandler::handle(const Peer& peer, std::span<const uint8_t> packet, bool truncated) {
    const uint32_t operation = operationOf(packet);
    const int denied = checkPermission(peer, operation);
    if (denied != 0) {
        return refuse(operation, denied);
    }
    if (truncated) {
        return refuse(operation, isEmit(operation) ? ENOSPC : EINVAL);
    }
    auto request = kmes::parseRequest(packet);
    if (!request.ok()) {
        return refuse(operation, EINVAL);
    }
    const kmes::KmesRequest& parsed = request.value();
    if (const auto* wanted = std::get_if<kmes::AttachRequest>(&parsed)) {
        return attach(wanted->cpu);
    }
    if (const auto* single = std::get_if<kmes::EmitRequest>(&parsed)) {
        return emit(peer, single->entry);
    }
    if (const auto* batch = std::get_if<kmes::EmitBatchRequest>(&parsed)) {
        return emitBatch(peer, batch->entries);
    }
    const uint64_t capacity = std::get<kmes::ResizeRequest>(parsed).capacity;
    if (!kmes::isRingCapacity(capacity)) {
        return refuse(operation, EINVAL);
    }
    Reply reply;
    reply.resize_to = capacity;
    return reply;
}

Reply RequestHandler::emitReply(int32_t status, uint32_t emitted) {
    Reply reply;
    const auto bytes = kmes::encodeReply(kmes::EmitReply{status, emitted});
    std::copy(bytes.begin(), bytes.end(), reply.buffer.begin());
    reply.byte_count = bytes.size();
    return reply;
}

Reply RequestHandler::attachReply(int32_t status, uint64_t capacity) {
    Reply reply;
    const auto bytes = kmes::encodeReply(kmes::AttachReply{status, capacity});
    std::copy(bytes.begin(), bytes.end(), reply.buffer.begin());
    reply.byte_count = bytes.size();
    return reply;
}

Reply RequestHandler::attach(uint32_t cpu) {
    if (cpu >= rings_.count()) {
        return attachReply(-EINVAL, 0);  // Ruling K3: the end of enumeration, no refusal
    }
    const auto attachment = rings_.attachment(static_cast<uint16_t>(cpu));
    Reply reply = attachReply(0, attachment.capacity);
    reply.attachment = attachment;
    return reply;
}

// peios-abi §1.2, kmes_emit.
Reply RequestHandler::emit(const Peer& peer, const EmitEntry& entry) {
    int error_number = peer.rights.mayEmitType(entry.type) ? checkRate(peer, 1) : EPERM;
    if (error_number == 0) {
        error_number = checkEntry(entry, TypeCheck::First);
    }
    if (error_number != 0) {
        return refuse(kEmit, error_number);
    }
    append(peer, {&entry, 1});
    return emitReply(0, 0);
}

// peios-abi §1.2, kmes_emit_batch: what comes before the bad entry is emitted. The count was
// checked by the parser, before the rate as the kernel does.
Reply RequestHandler::emitBatch(const Peer& peer, std::span<const EmitEntry> entries) {
    int error_number = checkRate(peer, entries.size());
    if (error_number != 0) {
        return refuse(kEmitBatch, error_number);
    }
    size_t good = 0;
    while (good < entries.size() && error_number == 0) {
        error_number = peer.rights.mayEmitType(entries[good].type)
                           ? checkEntry(entries[good], TypeCheck::AfterSize)
                           : EPERM;
        good += error_number == 0 ? 1 : 0;
    }
    if (good > 0) {
        append(peer, entries.first(good));
    }
    if (error_number != 0) {
        countRefusal(error_number);
    }
    return emitReply(-error_number, static_cast<uint32_t>(good));
}

Reply RequestHandler::refuse(uint32_t operation, int error_number) {
    countRefusal(error_number);
    return operation == kAttach ? attachReply(-error_number, 0) : emitReply(-error_number, 0);
}

void RequestHandler::countRefusal(int error_number) {
    std::atomic<uint64_t>& count = error_number == EPERM ? refusals_.denied
                                   : error_number == EAGAIN
                                       ? (draining_ ? refusals_.draining : refusals_.rate_limited)
                                   : error_number == ENOSPC ? refusals_.too_large
                                                            : refusals_.invalid;
    count.fetch_add(1, std::memory_order_relaxed);
}

int RequestHandler::checkPermission(const Peer& peer, uint32_t operation) const {
    const bool needs_attach = operation == kAttach || operation == kResize;
    if ((needs_attach && !peer.rights.attach) || (isEmit(operation) && !peer.rights.emit)) {
        return EPERM;
    }
    return 0;
}

int RequestHandler::checkRate(const Peer& peer, size_t count) {
    if (draining_) {
        return EAGAIN;
    }
    const bool allowed = peer.rights.unlimited ||
                         rate_limiter_.allows(peer.stamps.process, static_cast<uint32_t>(count),
                                              clock_.monotonicNs());
    return allowed ? 0 : EAGAIN;
}

int RequestHandler::checkEntry(const EmitEntry& entry, TypeCheck type_check) const {
    const uint64_t event_bytes_max =
        std::min<uint64_t>(limits_.event_bytes_max, kmes::eventBytesMaxOf(rings_.capacity()));
    if (type_check == TypeCheck::First && entry.type.empty()) {
        return EINVAL;
    }
    if (kmes::eventBytesOf(entry) > event_bytes_max) {
        return ENOSPC;
    }
    if (entry.type.empty() || !base::isUtf8(entry.type) ||
        !wire::validateMsgpack(entry.payload, limits_.nesting_depth_max).ok()) {
        return EINVAL;
    }
    return 0;
}

void RequestHandler::append(const Peer& peer, std::span<const EmitEntry> entries) {
    kmes::EventStamp stamp;
    stamp.timestamp_ns = static_cast<uint64_t>(std::max<int64_t>(clock_.wallNs(), 0));
    stamp.origin_class = kmes::kOriginUserspace;
    stamp.effective_token = peer.stamps.token;
    stamp.true_token = peer.stamps.token;
    stamp.process = peer.stamps.process;
    const auto appended = rings_.append(peer.ring, stamp, entries);
    EVD_CHECK(appended.ok(), "every entry was checked against the smallest ring");
    if (!peer.rights.unlimited) {
        rate_limiter_.charge(peer.stamps.process, static_cast<uint32_t>(entries.size()));
    }
}

}  // namespace evd::collector
