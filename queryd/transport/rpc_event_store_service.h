#pragma once

#include "queryd/transport/rpc_session_service.h"

#include <capnp/query.capnp.h>

namespace evd::queryd {

// The EventStore capability of one connection (capnp/query.capnp): every call is a question to the
// runner about the global sequence, done as this caller, who is shown what the policy lets them
// see.
//
// Nothing here waits or reads: pages are gathered from the question's thread and answered when they
// are whole, subscriptions are an RpcDelivery. Dropping a call or a subscription cancels its
// question. Lives on the event loop.
schema::EventStore::Client makeEventStore(Caller caller, RpcSessionParts parts, HeldCounts held);

}  // namespace evd::queryd
