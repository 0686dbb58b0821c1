#include "common/kmes/kmes_protocol.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <cerrno>
#include <vector>

namespace base = evd::base;
namespace kmes = evd::kmes;
using kmes::EmitEntry;

namespace {

using Bytes = std::vector<uint8_t>;

const Bytes kPayload = {0x81, 0xA1, 'a', 0x01};

template <typename Request>
Request parsed(const Bytes& packet) {
    const auto request = kmes::parseRequest(packet);
    REQUIRE(request.ok());
    REQUIRE(std::holds_alternative<Request>(request.value()));
    return std::get<Request>(request.value());
}

// Every cut and every lengthening of a good packet must be refused.
void checkExactLength(const Bytes& packet) {
    for (size_t size = 0; size < packet.size(); ++size) {
        const Bytes cut(packet.begin(), packet.begin() + static_cast<ptrdiff_t>(size));
        CHECK_FALSE(kmes::parseRequest(cut).ok());
    }
    Bytes longer = packet;
    longer.push_back(0);
    CHECK_FALSE(kmes::parseRequest(longer).ok());
}

}  // namespace

// contracts §4: the bytes.
TEST_CASE("kmes protocol: packets are the published bytes") {
    CHECK(kmes::encodeAttach(0x0102) == Bytes{1, 0, 0, 0, 2, 1, 0, 0});
    CHECK(kmes::encodeEmit({"ab", kPayload}) ==
          Bytes{2, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 'a', 'b', 0x81, 0xA1, 'a', 1});
    const std::vector<EmitEntry> entries = {{"x", kPayload}, {"yz", {}}};
    CHECK(kmes::encodeEmitBatch(entries) == Bytes{3, 0, 0, 0, 2, 0,   0,    0,    1,   0,    0,
                                                  0, 4, 0, 0, 0, 'x', 0x81, 0xA1, 'a', 0x01, 2,
                                                  0, 0, 0, 0, 0, 0,   0,    'y',  'z'});
    CHECK(kmes::encodeResize(65536) == Bytes{4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
    CHECK(kmes::encodeReply(kmes::EmitReply{-22, 7}) ==
          std::array<uint8_t, 8>{0xEA, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0});
    CHECK(kmes::encodeReply(kmes::AttachReply{0, 65536}) ==
          std::array<uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("kmes protocol: each request is parsed back") {
    CHECK(parsed<kmes::AttachRequest>(kmes::encodeAttach(7)).cpu == 7);
    CHECK(parsed<kmes::ResizeRequest>(kmes::encodeResize(1 << 20)).capacity == 1 << 20);
    const Bytes emit_packet = kmes::encodeEmit({"type", kPayload});
    const auto emit = parsed<kmes::EmitRequest>(emit_packet);
    CHECK(emit.entry.type == "type");
    CHECK(Bytes(emit.entry.payload.begin(), emit.entry.payload.end()) == kPayload);
    const std::vector<EmitEntry> entries(kmes::kEmitBatchEntriesMax, EmitEntry{"t", kPayload});
    const Bytes batch_packet = kmes::encodeEmitBatch(entries);
    CHECK(parsed<kmes::EmitBatchRequest>(batch_packet).entries.size() == 256);
}

TEST_CASE("kmes protocol: a packet that is cut or too long is refused") {
    checkExactLength(kmes::encodeAttach(7));
    checkExactLength(kmes::encodeEmit({"type", kPayload}));
    checkExactLength(kmes::encodeResize(65536));
    const std::vector<EmitEntry> entries = {{"x", kPayload}, {"yz", {}}};
    checkExactLength(kmes::encodeEmitBatch(entries));
}

TEST_CASE("kmes protocol: lengths, counts and zeroes that lie are refused") {
    Bytes packet;
    SUBCASE("operation 0") {
        packet = {0, 0, 0, 0, 0, 0, 0, 0};
    }
    SUBCASE("operation 5") {
        packet = {5, 0, 0, 0, 0, 0, 0, 0};
    }
    SUBCASE("a payload of 4 GiB") {
        packet = {2, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 't'};
    }
    SUBCASE("a type longer than the packet") {
        packet = {2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 't'};
    }
    SUBCASE("a zero that is not") {
        packet = {2, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 't'};
    }
    SUBCASE("a batch of none") {
        packet = {3, 0, 0, 0, 0, 0, 0, 0};
    }
    SUBCASE("a batch of 257") {
        packet = kmes::encodeEmitBatch(std::vector<EmitEntry>(256, EmitEntry{"t", {}}));
        packet[4] = 1;
        packet[5] = 1;
        packet.insert(packet.end(), {1, 0, 0, 0, 0, 0, 0, 0, 't'});
    }
    SUBCASE("a batch that counts one too many") {
        packet = {3, 0, 0, 0, 1, 0, 0, 0};
    }
    SUBCASE("a resize with something in its zero") {
        packet = kmes::encodeResize(65536);
        packet[4] = 1;
    }
    CHECK_FALSE(kmes::parseRequest(packet).ok());
}

TEST_CASE("kmes protocol: replies of a wrong length or with a positive status are refused") {
    const auto emit = kmes::encodeReply(kmes::EmitReply{-11, 3});
    REQUIRE(kmes::parseEmitReply(emit).ok());
    CHECK(kmes::parseEmitReply(emit).value().status == -11);
    CHECK(kmes::parseEmitReply(emit).value().emitted == 3);
    CHECK_FALSE(kmes::parseEmitReply(std::span(emit).first(7)).ok());
    CHECK_FALSE(kmes::parseEmitReply(kmes::encodeReply(kmes::EmitReply{1, 0})).ok());
    CHECK_FALSE(kmes::parseEmitReply(kmes::encodeReply(kmes::EmitReply{0, 257})).ok());
    const auto attach = kmes::encodeReply(kmes::AttachReply{0, 65536});
    REQUIRE(kmes::parseAttachReply(attach).ok());
    CHECK(kmes::parseAttachReply(attach).value().capacity == 65536);
    CHECK_FALSE(kmes::parseAttachReply(std::span(attach).first(8)).ok());
    CHECK_FALSE(kmes::parseEmitReply(attach).ok());
}

TEST_CASE("kmes protocol: every errno of KMES says what to do next") {
    using base::ErrorKind;
    CHECK(kmes::kmesError("x", EPERM).kind == ErrorKind::Denied);
    CHECK(kmes::kmesError("x", EINVAL).kind == ErrorKind::Invalid);
    CHECK(kmes::kmesError("x", ENOSPC).kind == ErrorKind::Invalid);
    CHECK(kmes::kmesError("x", EAGAIN).kind == ErrorKind::Busy);
    CHECK(kmes::kmesError("x", ENOMEM).kind == ErrorKind::Busy);
    CHECK(kmes::kmesError("x", ENOSYS).kind == ErrorKind::Unsupported);
    CHECK(kmes::kmesError("x", EIO).kind == ErrorKind::Io);
}

TEST_CASE("kmes protocol: attaching brings the capacity and both memories") {
    evd::test::TestRing ring;
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const int server = pair.value().right.get();
    const int fds[] = {ring.memories().producer.get(), ring.memories().consumer.get()};
    const auto answer = kmes::encodeReply(kmes::AttachReply{0, ring.capacity()});
    REQUIRE(base::sendPacket(server, answer, fds).ok());
    const auto attached = kmes::attachRing(pair.value().left.get(), 3);
    REQUIRE(attached.ok());
    CHECK(attached.value().capacity == ring.capacity());
    CHECK(kmes::RingMapping::mapMemories(attached.value().memories.producer.get(),
                                         attached.value().memories.consumer.get(), 0,
                                         attached.value().capacity, kmes::RingAccess::Consumer)
              .ok());
    Bytes request(64);
    const auto packet = base::receivePacket(server, request);
    REQUIRE(packet.ok());
    request.resize(packet.value().bytes);
    CHECK(request == kmes::encodeAttach(3));
}

TEST_CASE("kmes protocol: an attach that is refused, short of descriptors or cut off is an error") {
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const int server = pair.value().right.get();
    const auto attachError = [&] {
        const auto attached = kmes::attachRing(pair.value().left.get(), 0);
        REQUIRE_FALSE(attached.ok());
        return attached.error().kind;
    };
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{-EINVAL, 0})).ok());
    CHECK(attachError() == base::ErrorKind::NotFound);  // Ruling K3
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{-EPERM, 0})).ok());
    CHECK(attachError() == base::ErrorKind::Denied);
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{-ENOMEM, 0})).ok());
    CHECK(attachError() == base::ErrorKind::Busy);
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{0, 65536})).ok());
    CHECK(attachError() == base::ErrorKind::Invalid);
    REQUIRE(base::sendPacket(server, base::asBytes("nonsense that is long")).ok());
    CHECK(attachError() == base::ErrorKind::Invalid);
    pair.value().right.reset();
    CHECK(attachError() == base::ErrorKind::Gone);
}
