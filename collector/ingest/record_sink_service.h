#pragma once

#include "collector/ingest/record_window.h"
#include "collector/ingest/send_queue.h"
#include "common/base/fd.h"
#include "common/ipc/peer_connection.h"

#include <capnp/ingest.capnp.h>
#include <kj/async-io.h>
#include <kj/async.h>
#include <kj/time.h>
#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace evd::collector {

// With fewer batches on their way a new one is sent at once, however small. With more, records are
// gathered until a batch is full, an answer comes, or they have waited for kForwardWithin.
inline constexpr size_t kEagerBatches = 2;
inline constexpr kj::Duration kForwardWithin = 5 * kj::MILLISECONDS;
// With so many on their way only full batches follow: a store that is away for long must not come
// back to a call for every record (ipc::kRecordIngestDoor).
inline constexpr size_t kBatchesOnTheWayMax = 256;
// With so many bytes of a kind on their way the rest waits in its window: enough for the store to
// write the next transaction while the answer to the last one is on its way back.
inline constexpr size_t kBytesOnTheWayMax = 14 * 1024 * 1024;
// Back-off while the store cannot take a batch, or a hello, now.
inline constexpr int64_t kSinkRetryFirstMs = 100;
inline constexpr int64_t kSinkRetryLastMs = 2000;
// A store that is full for hours is told of once in this while.
inline constexpr kj::Duration kSinkQuiet = 60 * kj::SECONDS;

// 16 random bytes of this incarnation of the process.
using SenderId = std::array<uint8_t, 16>;

// What became of the records of one kind, since the process began.
struct LaneFigures {
    uint64_t stored = 0;    // answered by the store
    uint64_t refused = 0;   // malformed to the store, and dropped
    uint64_t retries = 0;   // batches that came back
    uint64_t batches = 0;   // answered
    size_t unanswered = 0;  // batches on their way, or to be sent again
};

// The sending end of RecordIngest in capnp/ingest.capnp: brings the records of both windows to the
// store.
//
// Takes away from the doors every question of delivery. Batches of a kind are numbered and go out
// in order; SendQueue decides which number, and what is sent again. One that the store cannot take
// now is kept, with what follows it waiting; one that it will never take is dropped and counted.
// When the connection ends everything unanswered is kept, and sent to the next store behind what it
// says it has. Whatever happens here, the doors go on reading: what this cannot pass on fills the
// windows, and they drop. Lives on the event loop; the windows outlive it.
class RecordSink {
  public:
    // progress is called on the loop after each answer, from inside the sink: it must only take
    // note.
    RecordSink(LogWindow& logs, SampleWindow& samples, const SenderId& sender,
               kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
               std::function<void()> progress);
    ~RecordSink() noexcept(false);
    RecordSink(const RecordSink&) = delete;
    RecordSink& operator=(const RecordSink&) = delete;

    // Uses this stream from now on and says hello, as often as it takes.
    void connect(base::Fd stream);

    // Takes what is there and sends what can be sent. Called when a window has rung.
    void pump();

    // Nothing more will come: nothing is gathered any longer.
    void beginDrain();
    bool connected() const { return connection_.get() != nullptr && connection_->is_open; }
    bool allAnswered() const;
    // Everything is answered: the store may end now without a word.
    void expectEnd() { is_end_expected_ = true; }

    LaneFigures logFigures() const;
    LaneFigures sampleFigures() const;

  private:
    template <typename Batch>
    struct Lane {
        explicit Lane(RecordWindow<Batch>& records, const char* kind)
            : window(records), name(kind) {}

        RecordWindow<Batch>& window;
        const char* name;
        SendQueue<Batch> queue{kBytesOnTheWayMax};
        LaneFigures figures;
        bool is_backing_off = false;
        bool is_waiting = false;  // for kForwardWithin
        int64_t retry_ms = kSinkRetryFirstMs;
        kj::TimePoint last_taken = kj::origin<kj::TimePoint>();
        kj::TimePoint quiet_until = kj::origin<kj::TimePoint>();  // no warning before it
    };
    // Members in this order, so that calls are gone before the connection is.
    struct Connection final : private kj::TaskSet::ErrorHandler {
        explicit Connection(kj::Own<kj::AsyncIoStream> connected);
        ~Connection() noexcept(false) = default;
        void taskFailed(kj::Exception&& exception) override;

        ipc::PeerConnection client;
        schema::RecordIngest::Client ingest;
        bool is_open = false;    // hello was answered
        bool is_broken = false;  // to be dropped on the next turn of the loop
        kj::TaskSet tasks;
    };
    class LoggingErrors final : public kj::TaskSet::ErrorHandler {
      public:
        void taskFailed(kj::Exception&& exception) override;
    };

    void sayHello(Connection& connection, int64_t retry_ms);
    void onHello(Connection& connection, const schema::RecordIngest::HelloResults::Reader& results);
    void onHelloRefused(Connection& connection, const kj::Exception& exception, int64_t retry_ms);
    void scheduleDrop();
    void dropConnection();

    template <typename Batch>
    static LaneFigures figuresOf(const Lane<Batch>& lane);
    template <typename Batch>
    void resume(Lane<Batch>& lane, uint64_t last_stored);
    template <typename Batch>
    void pumpLane(Lane<Batch>& lane);
    template <typename Batch>
    bool isEager(const Lane<Batch>& lane) const;
    template <typename Batch>
    void waitToForward(Lane<Batch>& lane);
    template <typename Batch>
    void sendLane(Lane<Batch>& lane);
    template <typename Batch>
    void onAnswered(Lane<Batch>& lane, uint64_t number);
    template <typename Batch>
    void onRefused(Lane<Batch>& lane, uint64_t number, const kj::Exception& exception);
    template <typename Batch>
    void onOverloaded(Lane<Batch>& lane, uint64_t number, const std::string& reason);
    template <typename Batch>
    void warnRarely(Lane<Batch>& lane, const std::string& text);

    Lane<LogBatch> logs_;
    Lane<SampleBatch> samples_;
    const SenderId sender_;
    kj::LowLevelAsyncIoProvider& provider_;
    kj::Timer& timer_;
    std::function<void()> progress_;
    kj::Own<Connection> connection_;
    LoggingErrors logging_errors_;
    bool is_draining_ = false;
    bool is_end_expected_ = false;
    kj::TaskSet tasks_;
};

}  // namespace evd::collector
