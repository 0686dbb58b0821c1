#include "collector/kmesd/request_handler.h"

#include "tests/support/fake_clock.h"
#include "tests/unit/collector/kmesd/ring_fixture.h"

#include <cerrno>
#include <cstring>

namespace evd::collector {
namespace {

const std::vector<uint8_t> kPayload = {0x81, 0xA1, 'n', 0x01};

struct Fixture {
    RingMachine machine;
    std::unique_ptr<RingSet> rings = machine.startKmesd();
    test::FakeClock clock;
    RefusalCounts refusals;
    RequestHandler handler{*rings, clock, EmitLimits{}, refusals};
    Peer root{.rights = {true, true, true}, .stamps = {}, .ring = 0};
    Peer emitter{.rights = {false, true, false}, .stamps = {}, .ring = 1};
    Peer stranger{.rights = {}, .stamps = {}, .ring = 1};

    kmes::EmitReply ask(const Peer& peer, const std::vector<uint8_t>& packet,
                        bool truncated = false) {
        const Reply reply = handler.handle(peer, packet, truncated);
        const auto parsed = kmes::parseEmitReply(reply.bytes());
        REQUIRE(parsed.ok());
        return parsed.value();
    }
    int32_t attachStatus(const Peer& peer, uint32_t cpu) {
        const Reply reply = handler.handle(peer, kmes::encodeAttach(cpu), false);
        const auto parsed = kmes::parseAttachReply(reply.bytes());
        REQUIRE(parsed.ok());
        return parsed.value().status;
    }
    int32_t emit(const Peer& peer, std::string_view type, const std::vector<uint8_t>& payload) {
        return ask(peer, kmes::encodeEmit({type, payload})).status;
    }
    std::vector<uint64_t> sequences(uint16_t cpu) {
        return sequencesOf(*RingMachine::attach(*rings, cpu));
    }
};

std::vector<uint8_t> nested(size_t containers) {
    std::vector<uint8_t> bytes(containers, 0x91);
    bytes.push_back(0xC0);
    return bytes;
}

// A payload that makes an event of exactly so many bytes with the type "t".
std::vector<uint8_t> payloadForEvent(size_t event_bytes) {
    const auto length = static_cast<uint32_t>(event_bytes - kmes::kEventHeaderBytes - 1 - 5);
    std::vector<uint8_t> payload = {
        0xC6, static_cast<uint8_t>(length >> 24), static_cast<uint8_t>(length >> 16),
        static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
    payload.resize(5 + length);
    return payload;
}

TEST_CASE_FIXTURE(Fixture, "kmes: an event is stamped and lies in the ring of its connection") {
    emitter.stamps.token.bytes[0] = 7;
    emitter.stamps.process.bytes[0] = 9;
    CHECK(emit(emitter, "app.started", kPayload) == 0);
    CHECK(sequences(0).empty());
    const auto ring = RingMachine::attach(*rings, 1);
    const std::span<const uint8_t> bytes(ring->at(0), ring->writePosition());
    const auto header = kmes::decodeEventHeader(bytes);
    REQUIRE(header.ok());
    CHECK(header.value().sequence == 1);
    CHECK(header.value().cpu == 1);
    CHECK(header.value().origin_class == kmes::kOriginUserspace);
    CHECK(header.value().timestamp_ns == static_cast<uint64_t>(clock.wallNs()));
    CHECK(header.value().effective_token == emitter.stamps.token);
    CHECK(header.value().true_token == emitter.stamps.token);
    CHECK(header.value().process == emitter.stamps.process);
    CHECK(kmes::eventType(header.value(), bytes) == "app.started");
    const auto payload = kmes::eventPayload(header.value(), bytes);
    CHECK(std::equal(payload.begin(), payload.end(), kPayload.begin(), kPayload.end()));
}

TEST_CASE_FIXTURE(Fixture, "kmes: who may not gets EPERM before anything else is looked at") {
    CHECK(emit(stranger, "", {}) == -EPERM);
    std::vector<uint8_t> no_count = {3, 0, 0, 0, 0, 0, 0, 0};
    CHECK(ask(stranger, no_count).status == -EPERM);
    CHECK(ask(stranger, kmes::encodeEmit({"t", kPayload}), true).status == -EPERM);
    CHECK(attachStatus(stranger, 0) == -EPERM);
    CHECK(attachStatus(emitter, 0) == -EPERM);
    CHECK(attachStatus(emitter, 99) == -EPERM);
    CHECK(ask(emitter, kmes::encodeResize(kmes::kRingCapacityMin)).status == -EPERM);
    CHECK(ask(emitter, kmes::encodeResize(1)).status == -EPERM);
    CHECK(refusals.denied == 8);
    CHECK(sequences(1).empty());
}

TEST_CASE_FIXTURE(Fixture, "kmes: who may emit one type of event can emit no other") {
    Peer auditor = emitter;
    auditor.rights.only_type = "access-audit";
    CHECK(emit(auditor, "access-audit", kPayload) == 0);
    CHECK(emit(auditor, "access-audits", kPayload) == -EPERM);
    CHECK(emit(auditor, "", kPayload) == -EPERM);
    const std::vector<kmes::EmitEntry> batch = {{"access-audit", kPayload}, {"forged", kPayload}};
    const auto reply = ask(auditor, kmes::encodeEmitBatch(batch));
    CHECK(reply.status == -EPERM);
    CHECK(reply.emitted == 1);
    CHECK(refusals.denied == 3);
}

TEST_CASE_FIXTURE(Fixture,
                  "kmes: attach gives capacity and two descriptors, EINVAL past the last cpu") {
    const Reply reply = handler.handle(root, kmes::encodeAttach(1), false);
    CHECK(kmes::parseAttachReply(reply.bytes()).value().capacity == machine.capacity);
    REQUIRE(reply.attachment.has_value());
    CHECK(reply.attachment->producer_fd >= 0);
    CHECK(reply.attachment->consumer_fd >= 0);
    CHECK(attachStatus(root, 2) == -EINVAL);
    CHECK(attachStatus(root, 0xFFFFFFFF) == -EINVAL);
}

TEST_CASE_FIXTURE(Fixture, "kmes: emit refuses in the order of the system call") {
    const auto too_large = payloadForEvent(65'537);
    CHECK(emit(root, "", too_large) == -EINVAL);      // an empty type before the size
    CHECK(emit(root, "\xff", too_large) == -ENOSPC);  // the size before UTF-8
    CHECK(emit(root, "\xff", kPayload) == -EINVAL);
    CHECK(emit(root, "t", {}) == -EINVAL);
    CHECK(emit(root, "t", {0xC1}) == -EINVAL);
    CHECK(emit(root, "t", {0xC0, 0xC0}) == -EINVAL);
    CHECK(emit(root, "t", {0xA1, 0xFF}) == -EINVAL);
    CHECK(sequences(0).empty());
    CHECK(rings->figures()[0].next_sequence == 1);  // a refused event consumes no number
    CHECK(refusals.too_large == 1);
    CHECK(refusals.invalid == 6);
}

TEST_CASE("kmes: the largest event is accepted and one byte more is ENOSPC") {
    Fixture fixture;
    // In the smallest ring half the capacity is the limit, in a larger one MaxEventSize.
    CHECK(fixture.emit(fixture.root, "t", payloadForEvent(32'768)) == 0);
    CHECK(fixture.emit(fixture.root, "t", payloadForEvent(32'769)) == -ENOSPC);
    RingMachine larger;
    larger.capacity = 4 * kmes::kRingCapacityMin;
    auto rings = larger.startKmesd();
    RequestHandler handler(*rings, fixture.clock, EmitLimits{}, fixture.refusals);
    const auto ask = [&](size_t event_bytes) {
        const auto packet = kmes::encodeEmit({"t", payloadForEvent(event_bytes)});
        return kmes::parseEmitReply(handler.handle(fixture.root, packet, false).bytes())
            .value()
            .status;
    };
    CHECK(ask(65'536) == 0);
    CHECK(ask(65'537) == -ENOSPC);
}

TEST_CASE_FIXTURE(Fixture, "kmes: 31 nested containers are accepted, 32 are not") {
    CHECK(emit(root, "t", nested(31)) == 0);
    CHECK(emit(root, "t", nested(32)) == -EINVAL);
}

TEST_CASE_FIXTURE(Fixture, "kmes: a batch is emitted up to the entry that is refused") {
    const std::vector<uint8_t> bad = {0xC1};
    const std::vector<kmes::EmitEntry> entries = {
        {"a", kPayload}, {"b", kPayload}, {"c", bad}, {"d", kPayload}};
    auto reply = ask(root, kmes::encodeEmitBatch(entries));
    CHECK(reply.status == -EINVAL);
    CHECK(reply.emitted == 2);
    CHECK(sequences(0) == upTo(1, 2));
    reply = ask(root, kmes::encodeEmitBatch(std::span(entries).first(2)));
    CHECK(reply.status == 0);
    CHECK(reply.emitted == 2);
    CHECK(sequences(0) == upTo(1, 4));
    reply = ask(root, kmes::encodeEmitBatch(std::span(entries).subspan(2)));
    CHECK(reply.status == -EINVAL);
    CHECK(reply.emitted == 0);
}

TEST_CASE_FIXTURE(Fixture, "kmes: in a batch the size of an entry comes before its empty type") {
    const auto too_large = payloadForEvent(40'000);
    const std::vector<kmes::EmitEntry> large = {{"", too_large}};
    CHECK(ask(root, kmes::encodeEmitBatch(large)).status == -ENOSPC);
    const std::vector<kmes::EmitEntry> empty = {{"", kPayload}};
    CHECK(ask(root, kmes::encodeEmitBatch(empty)).status == -EINVAL);
}

TEST_CASE_FIXTURE(Fixture, "kmes: a batch shares one timestamp") {
    const std::vector<kmes::EmitEntry> entries(kmes::kEmitBatchEntriesMax, {"t", kPayload});
    CHECK(ask(root, kmes::encodeEmitBatch(entries)).emitted == 256);
    CHECK(sequences(0) == upTo(1, 256));
}

TEST_CASE_FIXTURE(Fixture, "kmes: a batch of 0 or 257 is EINVAL, before the rate is looked at") {
    auto packet = kmes::encodeEmitBatch(std::vector<kmes::EmitEntry>(256, {"t", kPayload}));
    uint32_t count = 257;
    std::memcpy(packet.data() + 4, &count, sizeof(count));
    CHECK(ask(emitter, packet).status == -EINVAL);
    CHECK(ask(emitter, {3, 0, 0, 0, 0, 0, 0, 0}).status == -EINVAL);
}

TEST_CASE_FIXTURE(Fixture, "kmes: the rate of a process is limited, only emitted events count") {
    const std::vector<kmes::EmitEntry> entries(250, {"t", kPayload});
    for (int i = 0; i < 40; ++i) {
        REQUIRE(ask(emitter, kmes::encodeEmitBatch(entries)).status == 0);
    }
    CHECK(emit(emitter, "t", kPayload) == -EAGAIN);
    CHECK(emit(emitter, "", {}) == -EAGAIN);  // the rate before the type
    CHECK(ask(emitter, kmes::encodeEmitBatch(entries)).status == -EAGAIN);
    CHECK(refusals.rate_limited == 3);
    clock.advanceMs(1);  // ten events
    const std::vector<uint8_t> bad = {0xC1};
    std::vector<kmes::EmitEntry> ten(10, {"t", kPayload});
    ten[4].payload = bad;
    CHECK(ask(emitter, kmes::encodeEmitBatch(ten)).emitted == 4);
    CHECK(ask(emitter, kmes::encodeEmitBatch(std::span(ten).first(4))).emitted == 4);
    CHECK(emit(emitter, "t", kPayload) == 0);
    CHECK(emit(emitter, "t", kPayload) == 0);
    CHECK(emit(emitter, "t", kPayload) == -EAGAIN);
}

TEST_CASE_FIXTURE(Fixture, "kmes: root and the owner have no rate limit") {
    const std::vector<kmes::EmitEntry> entries(256, {"t", kPayload});
    for (int i = 0; i < 100; ++i) {
        REQUIRE(ask(root, kmes::encodeEmitBatch(entries)).status == 0);
    }
}

TEST_CASE_FIXTURE(Fixture, "kmes: a malformed packet is EINVAL and emits nothing") {
    const auto good = kmes::encodeEmitBatch(std::vector<kmes::EmitEntry>(3, {"t", kPayload}));
    for (size_t bytes = 4; bytes < good.size(); ++bytes) {
        const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(bytes));
        CHECK(ask(root, cut).status == -EINVAL);
    }
    auto longer = good;
    longer.push_back(0);
    CHECK(ask(root, longer).status == -EINVAL);
    CHECK(ask(root, {}).status == -EINVAL);
    CHECK(ask(root, {9, 0, 0, 0}).status == -EINVAL);
    CHECK(ask(stranger, {9, 0, 0, 0}).status == -EINVAL);
    CHECK(sequences(0).empty());
    // An attach that is cut short is still answered in the shape of an attach.
    CHECK(handler.handle(root, std::vector<uint8_t>{1, 0, 0, 0}, false).byte_count == 16);
}

TEST_CASE_FIXTURE(Fixture, "kmes: a packet longer than any event is ENOSPC for emitters") {
    CHECK(ask(root, kmes::encodeEmit({"t", kPayload}), true).status == -ENOSPC);
    CHECK(ask(root, kmes::encodeResize(kmes::kRingCapacityMin), true).status == -EINVAL);
}

TEST_CASE_FIXTURE(Fixture, "kmes: a resize needs a capacity that a ring can have") {
    CHECK(ask(root, kmes::encodeResize(0)).status == -EINVAL);
    CHECK(ask(root, kmes::encodeResize(65'535)).status == -EINVAL);
    CHECK(ask(root, kmes::encodeResize(65'536 + 4096)).status == -EINVAL);
    CHECK(ask(root, kmes::encodeResize(2 * kmes::kRingCapacityMax)).status == -EINVAL);
    const Reply reply = handler.handle(root, kmes::encodeResize(131'072), false);
    CHECK(reply.resize_to == 131'072);
    CHECK(reply.byte_count == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "kmes: while draining, emitters are told to come back and consumers attach") {
    handler.drain();
    CHECK(emit(root, "t", kPayload) == -EAGAIN);
    CHECK(
        ask(root, kmes::encodeEmitBatch(std::vector<kmes::EmitEntry>(1, {"t", kPayload}))).status ==
        -EAGAIN);
    CHECK(attachStatus(root, 0) == 0);
    CHECK(refusals.draining == 2);
    CHECK(refusals.rate_limited == 0);
}

}  // namespace
}  // namespace evd::collector
