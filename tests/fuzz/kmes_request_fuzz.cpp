// evd_fuzz_links: evd_collector_kmesd
// Any packet on the KMES socket gets a well-formed answer, and what a ring holds afterwards are
// exactly the events that were answered as emitted. The first byte chooses who asks; the rest is
// the packet.

#include "collector/kmesd/request_handler.h"
#include "collector/kmesd/ring_recovery.h"
#include "common/base/check.h"
#include "common/wire/msgpack.h"

#include <fcntl.h>

namespace {

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
namespace wire = evd::wire;

class StillClock final : public base::Clock {
  public:
    int64_t wallNs() const override { return 1; }
    int64_t monotonicNs() const override { return 1; }
};

struct Machine {
    base::Fd proc{::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    std::unique_ptr<collector::RingSet> rings;
    StillClock clock;
    collector::RefusalCounts refusals;
    std::unique_ptr<collector::RequestHandler> handler;

    Machine() {
        collector::RingRecovery recovery({1, kmes::kRingCapacityMin, {}, proc.get()});
        EVD_CHECK(recovery.prepare().ok(), "memories can be made");
        rings = std::move(recovery.finish()).value();
        handler = std::make_unique<collector::RequestHandler>(*rings, clock,
                                                              collector::EmitLimits{}, refusals);
    }
};

void checkNewest(const collector::RingSet& rings, uint64_t emitted) {
    const auto attachment = rings.attachment(0);
    const auto mapping =
        kmes::RingMapping::mapMemories(attachment.producer_fd, attachment.consumer_fd, 0,
                                       attachment.capacity, kmes::RingAccess::Consumer);
    EVD_CHECK(mapping.ok(), "the ring can be attached to");
    const kmes::RingMapping& ring = *mapping.value();
    uint64_t count = 0;
    for (uint64_t at = ring.tailPosition(); at < ring.writePosition();) {
        const std::span<const uint8_t> bytes(ring.at(at), ring.writePosition() - at);
        const auto header = kmes::decodeEventHeader(bytes);
        EVD_CHECK(header.ok(), "the ring holds whole events");
        EVD_CHECK(wire::validateMsgpack(kmes::eventPayload(header.value(), bytes), 32).ok(),
                  "the ring holds valid payloads");
        at += header.value().event_bytes;
        ++count;
    }
    EVD_CHECK(count >= (emitted > 0 ? 1 : 0), "what was emitted is there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Machine machine;
    if (size == 0) {
        return 0;
    }
    collector::Peer peer;
    peer.rights = {(data[0] & 1) != 0, (data[0] & 2) != 0, true};
    const std::span<const uint8_t> packet(data + 1, size - 1);
    const uint64_t before = machine.rings->figures()[0].next_sequence;
    const auto reply = machine.handler->handle(peer, packet, (data[0] & 4) != 0);
    const uint64_t emitted = machine.rings->figures()[0].next_sequence - before;
    EVD_CHECK(emitted == 0 || peer.rights.emit, "only who may emits");
    if (reply.resize_to.has_value()) {
        EVD_CHECK(peer.rights.attach && kmes::isRingCapacity(*reply.resize_to), "a valid resize");
        return 0;
    }
    if (reply.byte_count == 16) {
        const auto parsed = kmes::parseAttachReply(reply.bytes());
        EVD_CHECK(parsed.ok() && (parsed.value().status == 0) == reply.attachment.has_value(),
                  "an attach reply");
        return 0;
    }
    const auto parsed = kmes::parseEmitReply(reply.bytes());
    EVD_CHECK(parsed.ok() && !reply.attachment.has_value(), "an emit reply");
    const bool is_single = !packet.empty() && packet[0] == 2;
    EVD_CHECK(is_single ? (parsed.value().status == 0) == (emitted == 1)
                        : parsed.value().emitted == emitted,
              "the answer says what was emitted");
    checkNewest(*machine.rings, emitted);
    return 0;
}
