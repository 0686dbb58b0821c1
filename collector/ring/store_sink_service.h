#pragma once

#include "collector/ring/batch_window.h"
#include "common/base/fd.h"
#include "common/base/interval_set.h"
#include "common/ipc/peer_connection.h"

#include <capnp/ingest.capnp.h>
#include <kj/async-io.h>
#include <kj/async.h>
#include <kj/time.h>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::collector {

// Back-off while the store cannot take a batch now (Ruling S4).
inline constexpr int64_t kRetryFirstMs = 100;
inline constexpr int64_t kRetryLastMs = 2000;
// A store that is full for hours is told of once in this while.
inline constexpr kj::Duration kRefusalQuiet = 60 * kj::SECONDS;

// What the store held when we said hello.
struct StoreHello {
    std::map<uint16_t, base::IntervalSet> held;  // by cpu
    uint32_t batch_events_max = 0;
};

// Figures of what was sent, since the process began.
struct SinkFigures {
    uint64_t batches_answered = 0;
    uint64_t batches_kept = 0;  // sent or to be sent, not answered
    uint64_t retries = 0;
    uint64_t batches_refused = 0;  // malformed to the store
    uint64_t events_refused = 0;   // the part of them that is malformed, recorded as lost
    uint64_t gaps_refused = 0;     // not even the loss could be recorded
};

// The collector's end of capnp/ingest.capnp: sends the batches of all windows to the store and
// keeps each until the store has answered that it is durable.
//
// Takes away every question of delivery from the drain threads. Batches of one cpu go out in order,
// borrowed and not copied. A batch that the store cannot take now is kept and sent again, with what
// follows it on its cpu waiting; a batch that it will never take is sent in halves, until what is
// wrong with it is one event, which becomes a gap.
// When the connection ends everything unanswered is kept; the next connection says hello, learns
// what the store holds by now, and gets the rest again (the store's receipts make twice the same as
// once, Ruling S2). Lives on the event loop; the windows outlive it. Bounded by the windows.
class StoreSink {
  public:
    // progress is called on the loop after each answer, from inside the sink: it must only take
    // note.
    StoreSink(std::vector<BatchWindow*> windows, kj::LowLevelAsyncIoProvider& provider,
              kj::Timer& timer, std::function<void()> progress);
    ~StoreSink() noexcept(false);
    StoreSink(const StoreSink&) = delete;
    StoreSink& operator=(const StoreSink&) = delete;

    // Uses this stream from now on and says hello. Rejects when the store refuses or the stream
    // ends; the sink then waits for the next call.
    kj::Promise<StoreHello> connect(base::Fd stream, uint16_t cpu_count);

    // Takes what was handed in and sends what can be sent. Called when the bell has rung.
    void pump();

    bool connected() const { return connection_.get() != nullptr && connection_->open; }
    bool allAnswered() const;
    // Everything is answered and nothing more will come: the store may end now without a word.
    void expectEnd() { end_expected_ = true; }
    const SinkFigures& figures() const { return figures_; }

  private:
    struct Kept {
        EventBatch batch;
        std::optional<size_t> window_bytes;  // what the window counts for it; none: the rest of it
                                             // is behind this
        bool sending = false;
    };
    struct Lane {
        // Where it stands among the kept.
        std::deque<std::unique_ptr<Kept>>::iterator find(const Kept& wanted);

        BatchWindow* window = nullptr;
        uint16_t cpu = 0;
        std::deque<std::unique_ptr<Kept>> kept;  // in sequence order
        bool backing_off = false;
        int64_t retry_ms = kRetryFirstMs;
        kj::TimePoint quiet_until = kj::origin<kj::TimePoint>();  // no warning before it
        kj::TimePoint loss_quiet_until = kj::origin<kj::TimePoint>();
    };
    // Members in this order, so that what borrows from a batch is gone before the connection is.
    struct Connection final : private kj::TaskSet::ErrorHandler {
        explicit Connection(kj::Own<kj::AsyncIoStream> connected);
        ~Connection() noexcept(false) = default;
        void taskFailed(kj::Exception&& exception) override;

        ipc::PeerConnection client;
        schema::EventSink::Client sink = nullptr;
        bool open = false;    // hello was answered
        bool broken = false;  // to be dropped on the next turn of the loop
        kj::TaskSet tasks;
    };
    class LoggingErrors final : public kj::TaskSet::ErrorHandler {
      public:
        void taskFailed(kj::Exception&& exception) override;
    };

    StoreHello openConnection(Connection& connection,
                              const schema::EventIngest::HelloResults::Reader& results);
    void forgetHeld(const StoreHello& hello);
    void sendLane(Lane& lane);
    void send(Lane& lane, Kept& kept);
    void onAnswered(Lane& lane, Kept& kept);
    void onRefused(Lane& lane, Kept& kept, const kj::Exception& exception);
    void onOverloaded(Lane& lane, const std::string& reason);
    void onMalformed(Lane& lane, Kept& kept, const std::string& reason);
    void becomeGap(Lane& lane, Kept& kept, const std::string& reason);
    void forget(Lane& lane, Kept& kept);
    void scheduleDrop();
    void dropConnection();

    kj::LowLevelAsyncIoProvider& provider_;
    kj::Timer& timer_;
    std::function<void()> progress_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    SinkFigures figures_;
    kj::Own<Connection> connection_;
    LoggingErrors logging_errors_;
    bool end_expected_ = false;
    kj::TaskSet tasks_;
};

}  // namespace evd::collector
