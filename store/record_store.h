#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/wire/record.h"
#include "store/batch_lane.h"
#include "store/failure_episode.h"
#include "store/mailbox.h"
#include "store/quarantine_count.h"
#include "store/record_database.h"
#include "store/record_writer.h"
#include "store/run_answer.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::store {

// Who drives a RecordStore and hears of it. The first two calls come from its writer's thread and
// must not wait; the others come from within open() and pump().
class RecordStoreListener {
  public:
    virtual ~RecordStoreListener() = default;
    // Something has been reported: call pump() soon. Comes when the first of them is there, not for
    // each that follows before they are fetched.
    virtual void reportsWaiting() = 0;
    virtual void committed(const wire::CommitNotice& notice) = 0;
    // For a synthetic.storage_error; what it is has been logged.
    virtual void storageFailed(std::string_view store, const std::string& text) = 0;
    // The disk takes nothing: retention might make room.
    virtual void diskFailed() = 0;
};

// The log store or the metric store as the event loop sees it: takes numbered batches, sees to it
// that each is stored at most once, and says when.
//
// Ties BatchLane (is it new, is it its turn) and RecordWriter (write it) together, as EventStore
// does for events. Everything here happens on one thread, the service's loop; the writer reports
// through a mailbox that pump() empties. What a batch points into must stay where it is until its
// answer. Answers: ok (committed, or known to be stored), Busy (not stored now), Invalid (a number
// that cannot be, or a store of unknown version: never again, its records are lost and counted),
// Gone (the store is draining). Batches that wait for the writer's queue are bounded by the
// transport.
class RecordStore final : private RecordWriterListener {
  public:
    // Opens or makes the database and starts the writer.
    static base::Result<std::unique_ptr<RecordStore>> open(RecordWriter::Options options,
                                                           std::unique_ptr<RecordFormat> format,
                                                           const base::Clock& clock,
                                                           RecordStoreListener& listener);
    ~RecordStore() override;
    RecordStore(const RecordStore&) = delete;
    RecordStore& operator=(const RecordStore&) = delete;

    // A sender says hello; the store must be idle. Answers the number of the last of its batches
    // that is stored, 0 for none.
    uint64_t attach(const base::Guid& sender);
    void write(RecordBatch batch, std::unique_ptr<RunAnswer> answer);
    // A batch of our own: without a sender or a number, and not sent again. Busy while the one
    // before it is not written, and when nothing can be written at all.
    void writeOwn(RecordBatch batch, std::unique_ptr<RunAnswer> answer);
    // Takes in what the writer reported: gives answers, sends what waits.
    void pump();
    // Nothing is queued or being written.
    bool isIdle() const { return answers_.empty(); }
    // How long commits took.
    wire::Histogram commitSeconds() const {
        return writer_ == nullptr ? wire::Histogram() : writer_->commitSeconds();
    }

    // Spec §10.2: refuses new batches, and ends the writer after what is in its queue. The second
    // comes last; batches that are still unanswered get no answer.
    void refuseBatches() { draining_ = true; }
    void stopWriter();

    void configure(BatchPolicy::Limits limits, int64_t checkpoint_bytes);
    void addMeasures(std::vector<wire::Measure>& measures) const;

    // None when the database is only read.
    ShardGate* gate() { return writer_ == nullptr ? nullptr : &writer_->gate(); }
    const std::string& path() const { return path_; }

  private:
    struct UnderWay {
        std::unique_ptr<RunAnswer> answer;
        uint64_t number = 0;
        uint32_t epoch = 0;
    };

    RecordStore(std::string path, std::unique_ptr<RecordFormat> format, const base::Clock& clock,
                RecordStoreListener& listener)
        : path_(std::move(path)), format_(std::move(format)), clock_(clock), listener_(listener) {}

    void reported(RecordReport report) override;
    void committed(const wire::CommitNotice& notice) override;
    void queue(RecordBatch batch, std::unique_ptr<RunAnswer> answer);
    void take(const RecordReport& report);
    void takeFailure(const RecordReport& report);
    void feed();
    void giveUp(uint64_t ticket);

    const std::string path_;
    const std::unique_ptr<RecordFormat> format_;
    const base::Clock& clock_;
    RecordStoreListener& listener_;
    std::optional<StoredBatch> stored_before_;  // this lifetime
    base::Guid sender_;
    BatchLane lane_;
    uint64_t next_ticket_ = 1;
    std::map<uint64_t, UnderWay> answers_;  // by ticket
    std::deque<RecordItem> waiting_;        // for room in the queue
    FailureEpisode failing_;
    bool draining_ = false;
    bool own_is_under_way_ = false;

    uint64_t repeated_batches_ = 0;
    uint64_t refused_batches_ = 0;
    uint64_t lost_records_ = 0;  // refused for good by us

    Mailbox<RecordReport> mailbox_;
    // Last: the thread ends before anything it reports to. None: for reading only.
    std::unique_ptr<RecordWriter> writer_;
    // Looked at by whoever asks for measures.
    mutable QuarantineCount quarantined_{[this] { return db::discoverSingleStore(path_); }};
};

}  // namespace evd::store
