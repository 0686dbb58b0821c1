#pragma once

#include "queryd/transport/question.h"
#include "queryd/transport/rpc_outbox_service.h"

#include <memory>

namespace evd::queryd {

// Records are handed over in lots of this size.
inline constexpr size_t kRpcLotBytes = 64 * 1024;

// An answer on its way to an RPC client: fills the outbox from the question's thread. Waits for
// room during the initial result; a live record that finds none ends the question (Spec §8.7). That
// a client stands still for ever is noticed by the loop, which then abandons the outbox.
class RpcAnswer final : public Answer {
  public:
    explicit RpcAnswer(std::shared_ptr<RpcOutbox> outbox) : outbox_(std::move(outbox)) {}

    void accepted(bool streaming, const std::atomic<bool>& cancelled) override;
    base::Result<void> record(std::span<const uint8_t> msgpack_map) override;
    base::Result<void> initialComplete() override;
    base::Result<void> flush() override;
    void finish(const base::Result<void>& outcome) override;

  private:
    base::Result<void> put(RpcOutbox::Item item);

    // Shared with the loop: either side may be gone first.
    std::shared_ptr<RpcOutbox> outbox_;
    RpcOutbox::Item lot_ = {.kind = RpcOutbox::Kind::Records, .records = {}, .error = {}};
    bool streaming_ = false;
    bool live_ = false;
};

}  // namespace evd::queryd
