#pragma once

#include "common/base/fd.h"

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <cstdint>

namespace evd::ipc {

// The stream over a connected socket that we own.
kj::Own<kj::AsyncIoStream> adoptSocket(base::Fd socket, kj::LowLevelAsyncIoProvider& io);

// What a peer may ask of us at once. One that exceeds the first two loses the connection; above the
// third its socket is not read until calls have been answered.
struct ServedLimits {
    uint64_t message_bytes_max = 0;
    int nesting_max = 0;
    uint64_t unanswered_bytes_max = 0;  // of calls
};

// One process of the group that is served an interface on an inherited socket, for as long as this
// lives: destroying it hangs up. What is under way then is not cancelled here; each interface says
// what becomes of it. On the event loop, which outlives it.
class ServedConnection {
  public:
    ServedConnection(base::Fd socket, capnp::Capability::Client served, const ServedLimits& limits,
                     kj::LowLevelAsyncIoProvider& io);
    ServedConnection(const ServedConnection&) = delete;
    ServedConnection& operator=(const ServedConnection&) = delete;

  private:
    kj::Own<kj::AsyncIoStream> stream_;
    capnp::TwoPartyVatNetwork network_;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

}  // namespace evd::ipc
