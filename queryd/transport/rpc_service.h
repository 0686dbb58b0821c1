#pragma once

#include "common/base/fd.h"
#include "common/base/guid.h"
#include "common/wire/record.h"
#include "queryd/access/authority.h"
#include "queryd/transport/question.h"
#include "queryd/transport/rpc_activity_service.h"

#include <kj/async-io.h>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace evd::queryd {

struct RpcLimits {
    uint64_t message_bytes_max = 64 * 1024;  // MaxQueryMessageBytes: of a query's text
    size_t connections_max = 256;
    size_t per_user_max = 64;                   // SYSTEM is exempt, also from the former
    size_t questions_per_connection_max = 128;  // RunningQuery objects that one client may hold
    int64_t send_deadline_ms = 10'000;  // a client that acknowledges nothing for so long is cut
};

// What of a call is not its text: structure, options, the sink.
inline constexpr uint64_t kRpcOverheadBytes = 4096;
// The largest message to a client; the default of every Cap'n Proto client takes as much. A record
// that does not fit ends its question.
inline constexpr uint64_t kRpcSentBytesMax = uint64_t{64} << 20;
inline constexpr int kRpcNestingMax = 16;  // nothing that a client sends to us nests
// Calls of one connection that have not returned; above it we stop reading from it.
inline constexpr uint64_t kRpcCallsInFlightMax = 16;

using GroupStatusSource = std::function<kj::Promise<std::vector<wire::ProcessStatus>>()>;

// Serves capnp/query.capnp on a listening Unix socket.
//
// One two-party connection per client; its bootstrap capability is the Session of the identity that
// connected, so that a capability never speaks for anybody else. Questions run on threads of their
// own (QuestionRunner) and come back through an RpcOutbox; nothing here waits. Connections above
// the limits are closed at once. Lives on the event loop of the main thread, which outlives it;
// destroying it drops all connections and cancels their questions.
class RpcService final : private kj::TaskSet::ErrorHandler {
  public:
    RpcService(base::Fd listening, const Authority& authority, QuestionRunner& runner,
               GroupStatusSource group_status, kj::AsyncIoContext& io, RpcLimits limits,
               const base::Guid& boot_id = {});
    ~RpcService() noexcept(false);
    KJ_DISALLOW_COPY(RpcService);

    // Live; holds for the next connection.
    void setMessageBytesMax(uint64_t bytes) { limits_.message_bytes_max = bytes; }
    void stopAccepting() {
        accepting_ = nullptr;
        listening_ = nullptr;
    }
    size_t connections() const { return connections_; }
    // Resolves when no answer is on its way to a client any more.
    kj::Promise<void> whenQuiet() { return activity_.whenQuiet(); }

  private:
    struct Connection;

    kj::Promise<void> acceptLoop();
    void welcome(kj::Own<kj::AsyncIoStream> stream);
    bool mayEnter(const Caller& caller) const;
    void taskFailed(kj::Exception&& exception) override;

    const Authority& authority_;
    QuestionRunner& runner_;
    GroupStatusSource group_status_;
    kj::Timer& timer_;
    RpcLimits limits_;
    const base::Guid boot_id_;  // the running one, for those who name none
    size_t connections_ = 0;
    std::map<std::string, size_t> by_user_;
    kj::Own<kj::ConnectionReceiver> listening_;
    RpcActivity activity_;
    kj::TaskSet tasks_;  // one per connection
    kj::Promise<void> accepting_ = nullptr;
};

}  // namespace evd::queryd
