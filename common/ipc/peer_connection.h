#pragma once

#include "common/base/fd.h"
#include "common/ipc/door_stream.h"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/common.h>

namespace evd::ipc {

// The stream over a connected socket that we own.
kj::Own<kj::AsyncIoStream> adoptSocket(base::Fd socket, kj::LowLevelAsyncIoProvider& io);
// The same, when descriptors may come and go with messages.
kj::Own<kj::AsyncCapabilityStream> adoptSocketForFds(base::Fd socket,
                                                     kj::LowLevelAsyncIoProvider& io);

// One end of a two-party connection, and the only way in which ours are made: so none is without
// limits.
//
// A peer that exceeds them loses the connection (DoorLimits); unless told otherwise, `ended` writes
// that into the log. Destroying it hangs up; what is under way then is not cancelled here, each
// interface says what becomes of it. On the event loop, which outlives it.
class PeerConnection {
  public:
    using Ended = DoorStream::Ended;

    // The end that asks.
    PeerConnection(kj::Own<kj::AsyncIoStream> stream, const DoorLimits& limits,
                   Ended ended = nullptr);
    PeerConnection(kj::Own<kj::AsyncCapabilityStream> stream, const DoorLimits& limits);
    // The end that serves.
    PeerConnection(kj::Own<kj::AsyncIoStream> stream, capnp::Capability::Client served,
                   const DoorLimits& limits, Ended ended = nullptr);
    PeerConnection(kj::Own<kj::AsyncCapabilityStream> stream, capnp::Capability::Client served,
                   const DoorLimits& limits);
    PeerConnection(const PeerConnection&) = delete;
    PeerConnection& operator=(const PeerConnection&) = delete;

    // What the peer serves.
    capnp::Capability::Client bootstrap();
    kj::Promise<void> onDisconnect() { return network_.onDisconnect(); }

  private:
    using Side = capnp::rpc::twoparty::Side;

    PeerConnection(kj::Own<capnp::MessageStream> messages, Side side,
                   kj::Maybe<capnp::Capability::Client> served, const DoorLimits& limits,
                   Ended ended);

    const Side side_;
    DoorStream messages_;
    capnp::TwoPartyVatNetwork network_;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

}  // namespace evd::ipc
