#pragma once

#include "queryd/transport/question.h"
#include "queryd/transport/rpc_outbox_service.h"
#include "queryd/transport/rpc_session_service.h"

#include <kj/async.h>
#include <memory>
#include <string>

namespace evd::queryd {

// The client's end of one answer: what an RpcDelivery calls there. On the event loop.
class RpcRecipient {
  public:
    virtual ~RpcRecipient() noexcept(false) = default;
    // Bytes of RpcOutbox::Item::records, `count` of them. The promise is the flow control's leave.
    virtual kj::Promise<void> take(const std::vector<uint8_t>& records, uint32_t count) = 0;
    virtual kj::Promise<void> initialComplete() = 0;
    virtual kj::Promise<void> end() = 0;
    virtual kj::Promise<void> fail(const std::string& error) = 0;
};

// Carries one answer from its question's thread to its client, for as long as the client holds the
// capability that owns this; destroying it cancels the question.
//
// A pump takes lots of records out of the outbox and passes them on, each when the flow control
// allows it. A client that acknowledges nothing for the send deadline has its question ended, with
// a last word. Counts itself among the objects that its connection holds, and among the activity
// that a stop waits for. Lives on the event loop.
class RpcDelivery {
  public:
    RpcDelivery(std::shared_ptr<RpcOutbox> outbox, kj::Own<RpcRecipient> recipient,
                const RpcSessionParts& parts, std::shared_ptr<size_t> held);
    ~RpcDelivery() noexcept(false);
    KJ_DISALLOW_COPY(RpcDelivery);

    void watchOver(std::shared_ptr<QuestionControl> control) { control_ = std::move(control); }
    // The question has been accepted: from now on its answer flows.
    void start();

  private:
    kj::Promise<void> pumpNext();
    kj::Promise<void> pass(RpcOutbox::Item item);
    kj::Promise<void> guarded(kj::Promise<void> sent);
    void cut(const std::string& reason);
    void endActivity();
    void stop();

    // Shared with the question's thread: either side may be gone first.
    std::shared_ptr<RpcOutbox> outbox_;
    std::shared_ptr<QuestionControl> control_;
    kj::Own<RpcRecipient> recipient_;
    kj::Timer& timer_;
    kj::Duration send_deadline_;
    RpcActivity& activity_;
    bool active_ = false;
    HeldPlace held_;  // among the objects of one connection
    kj::Promise<void> pump_ = nullptr;
    kj::Promise<void> last_word_ = nullptr;
};

// A message for a person travels without the mark of our error kinds (capnp/query.capnp).
[[noreturn]] void throwPlain(const std::string& text);

}  // namespace evd::queryd
