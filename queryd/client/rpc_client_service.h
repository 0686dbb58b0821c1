#pragma once

#include "common/base/fd.h"
#include "common/wire/record.h"
#include "queryd/client/query_channel.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

struct SlowQuery {
    std::string text;  // as it was asked: not to be shown unchanged
    uint64_t took_ms = 0;
    bool running = false;
};

struct GroupStatus {
    std::vector<wire::ProcessStatus> processes;
    uint32_t queries_running = 0;
    uint32_t queries_streaming = 0;
    std::vector<SlowQuery> slowest;  // the slowest first
};

// The client's end of capnp/query.capnp, as a blocking interface: the event loop lives inside, and
// exceptions stop here. One thread; questions and status may be asked again and again.
class RpcClient : public QueryChannel {
  public:
    // Denied for everybody but SYSTEM and Administrators.
    virtual base::Result<GroupStatus> status() = 0;
    // From now on a call ends with Busy when the descriptor can be read: for who takes its signals
    // from there, and would not end while a server that hangs is waited for. It stays the caller's,
    // and may be closed before this is.
    virtual void interruptBy(int descriptor) = 0;
};

base::Result<std::unique_ptr<RpcClient>> makeRpcClient(base::Fd connection);
// NotFound when nobody listens there, Denied when it may not be used.
base::Result<std::unique_ptr<RpcClient>> connectRpcClient(const std::string& socket_path);

}  // namespace evd::queryd
