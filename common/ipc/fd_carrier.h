#pragma once

#include "common/base/fd.h"

#include <capnp/supervise.capnp.h>
#include <kj/async.h>

namespace evd::ipc {

// Wraps a descriptor so that it can be a parameter of a call on a control connection. The wrapper
// owns it until the message is sent and the receiver has let go.
schema::FdCarrier::Client carryFd(base::Fd fd);

// The descriptor that a received carrier brought, as a copy of our own. Rejects when it carries
// none, which is a peer that breaks the protocol.
kj::Promise<base::Fd> receiveFd(schema::FdCarrier::Client carrier);

}  // namespace evd::ipc
