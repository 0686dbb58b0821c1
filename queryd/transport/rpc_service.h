#pragma once

#include "common/base/fd.h"
#include "common/base/guid.h"
#include "common/ipc/door_limits.h"
#include "common/ipc/loop_calls.h"
#include "common/ipc/rare_line.h"
#include "common/wire/record.h"
#include "queryd/access/authority.h"
#include "queryd/transport/question.h"
#include "queryd/transport/rpc_activity_service.h"

#include <kj/async-io.h>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

struct RpcLimits {
    uint64_t message_bytes_max = ipc::kQueryTextBytesMax;  // MaxQueryMessageBytes
    size_t connections_max = 256;
    size_t per_user_max = 64;  // SYSTEM is exempt, also from the former
    // RunningQuery objects that one client may hold, and pages that are being made for it.
    size_t questions_per_connection_max = 128;
    int64_t send_deadline_ms = 10'000;  // a client that acknowledges nothing for so long is cut
};

using GroupStatusSource = std::function<kj::Promise<std::vector<wire::ProcessStatus>>()>;

// Serves capnp/query.capnp on a listening Unix socket.
//
// One two-party connection per client; its bootstrap capability is the Session of the identity that
// connected, so that a capability never speaks for anybody else. Questions run on threads of their
// own (QuestionRunner) and come back through an RpcOutbox; nothing here waits. Connections above
// the limits are closed at once, those that break ipc::kQueryDoor too, with a line in the log now
// and then. Lives on the event loop of the main thread, which outlives it;
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
    ipc::DoorLimits door() const;
    void noteEnded(std::string_view reason);
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
    ipc::RareLine ended_line_;
    RpcActivity activity_;
    ipc::LoopCalls calls_;
    kj::TaskSet tasks_;  // one per connection
    kj::Promise<void> accepting_ = nullptr;
};

}  // namespace evd::queryd
