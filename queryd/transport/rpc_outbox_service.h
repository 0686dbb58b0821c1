#pragma once

#include "common/base/bounded_queue.h"
#include "common/base/result.h"
#include "common/ipc/loop_calls.h"

#include <kj/async.h>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// What the thread of a question may be ahead of its client.
inline constexpr size_t kOutboxItemsMax = 64;
inline constexpr size_t kOutboxBytesMax = 1024 * 1024;

// The hand-off from a question's thread to the event loop that talks to its RPC client.
//
// The question's thread puts (waiting for room or not), and closes with the outcome, which always
// fits; the loop takes with next(), which is a promise. abandon() is the loop's way to say that
// nobody takes any more: waiting puts end. Shared by both sides through shared_ptr, because each of
// them may be gone first; what the caller of the loop belongs to outlives every promise of next().
class RpcOutbox : public std::enable_shared_from_this<RpcOutbox> {
  public:
    enum class Kind { Accepted, Records, Watch, Finished };
    struct Item {
        Kind kind = Kind::Finished;
        bool streaming = false;        // Finished: a stream, which its client does not see end
        std::vector<uint8_t> records;  // Records: msgpack maps one after the other
        uint32_t count = 0;
        bool failed = false;  // Finished
        std::string error;    // Finished and failed: the sentence for a person
        base::ErrorKind error_kind = base::ErrorKind::Invalid;  // and what kind of error it is
    };

    explicit RpcOutbox(ipc::LoopCaller loop) : loop_(std::move(loop)) {}

    // Both answer Gone after abandon(); putNow also Busy when there is no room.
    base::Result<void> putWaiting(Item item);
    base::Result<void> putNow(Item item);
    void close(Item outcome);

    kj::Promise<Item> next();
    void abandon();

  private:
    void wake();
    void endWait();

    const ipc::LoopCaller loop_;
    base::BoundedQueue<Item> queue_{kOutboxItemsMax, kOutboxBytesMax};
    std::mutex mutex_;  // the next two
    std::optional<Item> outcome_;
    bool is_awaited_ = false;  // next() waits, and nobody has told the loop to look again
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiter_;  // the loop's
};

}  // namespace evd::queryd
