#include "common/ipc/peer_connection.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/message_stream.h"

#include <capnp/message.h>
#include <utility>

namespace evd::ipc {

namespace {

using capnp::rpc::twoparty::Side;

constexpr auto kAdopted =
    kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP | kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC;

// Where it is 0, Cap'n Proto sends none either. How many are received is for DoorStream to say.
constexpr unsigned kDescriptorRoom = 8;

// What is received has its own limit in DoorStream; the length here is that of what is sent.
capnp::ReaderOptions optionsOf(const DoorLimits& limits) {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = limits.sent_bytes_max / sizeof(capnp::word);
    options.nestingLimit = limits.nesting_max;
    return options;
}

capnp::RpcSystem<capnp::rpc::twoparty::VatId> systemOf(
    capnp::TwoPartyVatNetwork& network, kj::Maybe<capnp::Capability::Client> served) {
    KJ_IF_MAYBE (capability, served) {
        return capnp::makeRpcServer(network, kj::mv(*capability));
    }
    return capnp::makeRpcClient(network);
}

DoorStream::Ended orLog(DoorStream::Ended ended, std::string_view name) {
    return ended ? std::move(ended) : [name](std::string_view reason) {
        base::logWarning(base::cat("the connection of ", name, " is ended: ", reason));
    };
}

}  // namespace

kj::Own<kj::AsyncIoStream> adoptSocket(base::Fd socket, kj::LowLevelAsyncIoProvider& io) {
    return io.wrapSocketFd(socket.release(), kAdopted);
}

kj::Own<kj::AsyncCapabilityStream> adoptSocketForFds(base::Fd socket,
                                                     kj::LowLevelAsyncIoProvider& io) {
    return io.wrapUnixSocketFd(socket.release(), kAdopted);
}

PeerConnection::PeerConnection(kj::Own<kj::AsyncIoStream> stream, const DoorLimits& limits,
                               Ended ended)
    : PeerConnection(messagesOf(kj::mv(stream)), Side::CLIENT, nullptr, limits, std::move(ended)) {}

PeerConnection::PeerConnection(kj::Own<kj::AsyncCapabilityStream> stream, const DoorLimits& limits)
    : PeerConnection(messagesOf(kj::mv(stream)), Side::CLIENT, nullptr, limits, nullptr) {}

PeerConnection::PeerConnection(kj::Own<kj::AsyncIoStream> stream, capnp::Capability::Client served,
                               const DoorLimits& limits, Ended ended)
    : PeerConnection(messagesOf(kj::mv(stream)), Side::SERVER, kj::mv(served), limits,
                     std::move(ended)) {}

PeerConnection::PeerConnection(kj::Own<kj::AsyncCapabilityStream> stream,
                               capnp::Capability::Client served, const DoorLimits& limits)
    : PeerConnection(messagesOf(kj::mv(stream)), Side::SERVER, kj::mv(served), limits, nullptr) {}

PeerConnection::PeerConnection(kj::Own<capnp::MessageStream> messages, Side side,
                               kj::Maybe<capnp::Capability::Client> served,
                               const DoorLimits& limits, Ended ended)
    : side_(side),
      messages_(kj::mv(messages), limits, orLog(std::move(ended), limits.name)),
      network_(messages_, kDescriptorRoom, side, optionsOf(limits)),
      rpc_(systemOf(network_, kj::mv(served))) {
    messages_.watch(network_);
    rpc_.setFlowLimit(limits.unanswered_bytes_max / sizeof(capnp::word));
}

capnp::Capability::Client PeerConnection::bootstrap() {
    capnp::MallocMessageBuilder message(4);
    auto peer = message.initRoot<capnp::rpc::twoparty::VatId>();
    peer.setSide(side_ == Side::CLIENT ? Side::SERVER : Side::CLIENT);
    return rpc_.bootstrap(peer);
}

}  // namespace evd::ipc
