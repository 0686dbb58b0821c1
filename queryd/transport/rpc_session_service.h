#pragma once

#include "common/base/guid.h"
#include "common/ipc/loop_calls.h"
#include "queryd/transport/rpc_service.h"

#include <capnp/query.capnp.h>
#include <cstddef>
#include <memory>

namespace evd::queryd {

inline constexpr size_t kSubscriptionsPerConnectionMax = 16;
inline constexpr size_t kStatusCallsPerConnectionMax = 16;  // that wait for their answer

// What one connection holds of each thing that has a limit for a connection. Everything that can
// wait is among them: what is too much is refused and so answered, which is why the socket is
// always read (ipc::kQueryDoor) and a client can always take a call back.
struct HeldCounts {
    // Shared with what they count, which may be gone later than the session.
    std::shared_ptr<size_t> questions = std::make_shared<size_t>(0);
    std::shared_ptr<size_t> subscriptions = std::make_shared<size_t>(0);
    std::shared_ptr<size_t> status_calls = std::make_shared<size_t>(0);
};

// One of what a connection holds, for as long as this lives.
class HeldPlace {
  public:
    explicit HeldPlace(std::shared_ptr<size_t> count) : count_(std::move(count)) { ++*count_; }
    ~HeldPlace() {
        if (count_ != nullptr) {
            --*count_;
        }
    }
    HeldPlace(HeldPlace&&) noexcept = default;
    HeldPlace& operator=(HeldPlace&&) = delete;

  private:
    std::shared_ptr<size_t> count_;
};

// What a session needs of the service it belongs to; all of it outlives the session.
struct RpcSessionParts {
    QuestionRunner& runner;
    GroupStatusSource& group_status;
    RpcActivity& activity;
    kj::Timer& timer;
    ipc::LoopCaller loop;
    RpcLimits limits;
    base::Guid boot_id;
};

// Throws the sentence, as Busy, when the connection holds as many as it may.
void checkHeld(size_t held, size_t held_max, const std::string& sentence);
void checkHeldQuestions(const HeldCounts& held, const RpcLimits& limits);

// The bootstrap capability of one connection: everything it does is done as this caller.
schema::Session::Client makeRpcSession(Caller caller, RpcSessionParts parts);

}  // namespace evd::queryd
