#pragma once

#include "common/base/guid.h"
#include "queryd/transport/rpc_service.h"

#include <capnp/query.capnp.h>
#include <memory>

namespace evd::queryd {

// What a session needs of the service it belongs to; all of it outlives the session.
struct RpcSessionParts {
    QuestionRunner& runner;
    GroupStatusSource& group_status;
    RpcActivity& activity;
    kj::Timer& timer;
    RpcLimits limits;
    base::Guid boot_id;
};

// The bootstrap capability of one connection: everything it does is done as this caller.
schema::Session::Client makeRpcSession(Caller caller, RpcSessionParts parts);

}  // namespace evd::queryd
