#include "tests/support/emitter.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/wire/msgpack.h"

#include <sys/socket.h>
#include <cstring>

namespace evd::test {

namespace {

constexpr uint32_t kOpEmitBatch = 3;
constexpr int kSendBufferBytes = 4 * 1024 * 1024;

template <typename Number>
void put(std::vector<uint8_t>& out, Number number) {
    uint8_t bytes[sizeof(Number)];
    std::memcpy(bytes, &number, sizeof(Number));
    out.insert(out.end(), bytes, bytes + sizeof(Number));
}

}  // namespace

Emitter::Emitter(std::string socket_path, std::string event_type, uint32_t pad_bytes)
    : socket_path_(std::move(socket_path)),
      event_type_(std::move(event_type)),
      pad_bytes_(pad_bytes) {}

bool Emitter::ensureConnected() {
    if (connection_.valid()) {
        return true;
    }
    auto connected = base::connectUnix(socket_path_, SOCK_SEQPACKET);
    if (!connected.ok()) {
        return false;
    }
    connection_ = std::move(connected).value();
    // Only makes large batches possible; a refusal leaves smaller ones.
    (void)::setsockopt(connection_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes,
                       sizeof(kSendBufferBytes));
    return true;
}

void Emitter::buildPacket(uint64_t first, uint32_t count) {
    packet_.clear();
    put(packet_, kOpEmitBatch);
    put(packet_, count);
    const std::vector<uint8_t> pad(pad_bytes_, 0x2e);
    for (uint32_t i = 0; i < count; ++i) {
        payload_.clear();
        wire::MsgpackWriter writer(payload_);
        writer.mapHeader(2);
        writer.text("n");
        writer.unsignedInteger(first + i);
        writer.text("pad");
        writer.bytes(pad);
        put(packet_, static_cast<uint16_t>(event_type_.size()));
        put(packet_, uint16_t{0});
        put(packet_, static_cast<uint32_t>(payload_.size()));
        packet_.insert(packet_.end(), event_type_.begin(), event_type_.end());
        packet_.insert(packet_.end(), payload_.begin(), payload_.end());
    }
}

Emitter::Outcome Emitter::emit(uint64_t first, uint32_t count) {
    EVD_CHECK(count >= 1 && count <= kEmitBatchMax, "a batch has 1 to 256 events");
    Outcome outcome;
    if (!ensureConnected()) {
        outcome.connection_lost = true;
        return outcome;
    }
    buildPacket(first, count);
    uint8_t reply[8];
    if (!base::sendPacket(connection_.get(), packet_).ok() ||
        !base::receivePacket(connection_.get(), reply).ok()) {
        connection_.reset();
        outcome.connection_lost = true;
        return outcome;
    }
    std::memcpy(&outcome.status, reply, sizeof(outcome.status));
    std::memcpy(&outcome.acknowledged, reply + 4, sizeof(outcome.acknowledged));
    return outcome;
}

}  // namespace evd::test
