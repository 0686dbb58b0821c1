#include "collector/ring/socket_kmes.h"

#include "common/base/socket.h"
#include "common/base/text.h"

#include <poll.h>
#include <sys/stat.h>
#include <array>
#include <cerrno>

namespace evd::collector {

using base::cat;
using base::ErrorKind;
using base::Result;

namespace {

Result<RingIdentity> identityOf(const base::Fd& memory) {
    struct stat found {};
    if (::fstat(memory.get(), &found) != 0) {
        return base::failErrno("cannot look at a ring's memory", errno);
    }
    return RingIdentity{found.st_dev, found.st_ino};
}

}  // namespace

Result<FoundRing> SocketKmes::attach(uint16_t cpu) {
    auto ring = ask(cpu);
    if (!ring.ok()) {
        return ring.error();
    }
    const auto& memories = ring.value().memories;
    const auto identity = identityOf(memories.producer);
    if (!identity.ok()) {
        return identity.error();
    }
    auto mapping =
        kmes::RingMapping::mapMemories(memories.producer.get(), memories.consumer.get(), cpu,
                                       ring.value().capacity, kmes::RingAccess::Consumer);
    if (!mapping.ok()) {
        return mapping.error();
    }
    return FoundRing{std::move(mapping).value(), identity.value(), 0};
}

Result<RingIdentity> SocketKmes::identify(uint16_t cpu) {
    const auto ring = ask(cpu);
    return ring.ok() ? identityOf(ring.value().memories.producer) : ring.error();
}

void SocketKmes::replaceConnection(base::Fd connection) {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
    reply_due_ = false;
    ++connection_count_;
}

Result<kmes::AttachedRing> SocketKmes::ask(uint16_t cpu) {
    const std::lock_guard lock(mutex_);
    if (!connection_.valid()) {
        return base::fail(ErrorKind::Gone, "there is no connection to KMES");
    }
    EVD_TRY(dropStaleReply());
    EVD_TRY(base::sendPacket(connection_.get(), kmes::encodeAttach(cpu)));
    reply_due_ = true;
    EVD_TRY(awaitReply());
    reply_due_ = false;
    return kmes::receiveAttached(connection_.get(), cpu);
}

Result<void> SocketKmes::awaitReply() {
    pollfd waiting{connection_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kAttachTimeoutMs);
    if (ready < 0) {
        return base::failErrno("cannot wait for KMES", errno);
    }
    if (ready == 0) {
        return base::fail(ErrorKind::Busy,
                          cat("KMES has not answered within ", kAttachTimeoutMs, " ms"));
    }
    return {};
}

Result<void> SocketKmes::dropStaleReply() {
    if (!reply_due_) {
        return {};
    }
    EVD_TRY(awaitReply());
    std::array<uint8_t, kmes::kKmesReplyBytesMax> buffer{};
    const auto packet = base::receivePacket(connection_.get(), buffer);
    if (!packet.ok()) {
        return packet.error();
    }
    reply_due_ = false;
    return {};
}

}  // namespace evd::collector
