#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/thread.h"
#include "common/wire/record.h"
#include "store/batch_policy.h"
#include "store/checkpointer.h"
#include "store/commit_meter.h"
#include "store/failed_reads.h"
#include "store/put_aside.h"
#include "store/record_database.h"
#include "store/shard_gate.h"
#include "store/writer_queue.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::store {

inline constexpr size_t kRecordQueueBytesMax = 16 * 1024 * 1024;  // of messages waiting

// A numbered batch on its way into the database.
struct RecordItem {
    uint64_t ticket = 0;  // names the item in the report
    uint32_t epoch = 0;   // of the lane when it was queued (BatchLane)
    RecordBatch batch;

    size_t rows() const { return batch.rows(); }
    size_t bytes() const { return batch.bytes; }
};

// What became of a transaction.
struct RecordReport {
    std::vector<uint64_t> committed;  // tickets
    std::vector<uint64_t> given_up;   // not stored, may be sent again
    std::optional<base::Error> failure;
    std::string trouble;    // the database was quarantined or replaced; for a storage_error
    bool has_room = false;  // the queue has room again for somebody who asked for it
};

// Who hears of a writer. Called on the writer's thread; must not wait.
class RecordWriterListener {
  public:
    virtual ~RecordWriterListener() = default;
    virtual void reported(RecordReport report) = 0;
    // The records of a commit are visible. Comes before the report.
    virtual void committed(const wire::CommitNotice& notice) = 0;
};

// Writes the log store or the metric store: the only thread that writes its database (Spec §4.3,
// §6.3).
//
// The skeleton is that of ShardWriter, for batches that are numbered instead of cut: takes items
// from a queue that holds at most the batch limit's rows and kRecordQueueBytesMax bytes, gathers
// them into transactions as the BatchPolicy says, commits, publishes what became visible and
// reports what is stored, once per transaction. An item is never divided, since its number and its
// rows are stored together; one that alone is above the limit gets a transaction of its own. A
// transaction that fails is rolled back whole; it and everything queued under the same epoch is
// given up. A corrupt database is put aside and replaced (Ruling S6), and a batch that came again
// is not stored twice when that one holds it. Text is bound where it lies: whoever pushes an item
// keeps its message alive until the report. Pushing is for any thread; the destructor writes out
// what is queued, moves the log into the database and joins.
class RecordWriter {
  public:
    struct Options {
        std::string path;
        BatchPolicy::Limits limits;
        int64_t checkpoint_bytes = 0;
    };
    struct Figures : WriterFigures {
        uint64_t skipped_records = 0;
        uint64_t dropped_records = 0;
    };

    // put_aside: what may hold the last batches when the database holds none.
    RecordWriter(Options options, RecordFormat& format, std::unique_ptr<RecordDatabase> database,
                 PutAside put_aside, const base::Clock& clock, RecordWriterListener& listener);
    ~RecordWriter();
    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    // False when the queue is full: the item is untouched and a report will say has_room.
    bool tryPush(RecordItem& item) { return queue_.tryPush(item); }
    void setLimits(BatchPolicy::Limits limits, int64_t checkpoint_bytes);
    // Writes out what is queued, closes the database and ends the thread. Later pushes are refused.
    void stop();

    // Who else wants to write to the database takes a turn here; the writer holds one for each of
    // its transactions.
    ShardGate& gate() { return gate_; }
    Figures figures() const;
    wire::Histogram commitSeconds() const { return meter_.seconds(); }

  private:
    struct Transaction;

    void run();
    void applyLimits();
    void writeTransaction(RecordItem first);
    base::Result<void> gather(Transaction& transaction, RecordItem first);
    bool isBroken(const RecordItem& item) const;
    base::Result<void> askPutAside();
    bool isHeld(const RecordBatch& batch) const;
    void succeed(Transaction& transaction);
    void fail(Transaction& transaction, base::Error error);
    base::Result<void> ensureDatabase(Transaction& transaction);
    void replaceDamaged(Transaction& transaction);
    void tellRoom();
    void close();
    void closeDatabase();
    void giveUpDatabase();  // another one takes its place

    const Options options_;
    RecordFormat& format_;
    const base::Clock& clock_;
    RecordWriterListener& listener_;

    ShardGate gate_;
    WriterQueue<RecordItem> queue_;
    std::atomic<int64_t> latency_ns_max_;
    std::atomic<int64_t> checkpoint_bytes_;

    // The thread's own.
    std::unique_ptr<RecordDatabase> database_;
    int64_t last_id_ = 0;  // of the databases so far
    FailedReads failed_reads_;
    PutAside put_aside_;
    std::optional<StoredBatch> held_aside_;  // the last batch of the one put aside
    BatchPolicy batch_policy_;
    Checkpointer checkpointer_;
    std::optional<RecordItem> carried_;  // popped, but over the transaction's limit
    uint32_t broken_epoch_ = 0;          // everything up to it is given up

    std::atomic<uint64_t> skipped_records_{0};
    std::atomic<uint64_t> dropped_records_{0};
    CommitMeter meter_;

    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::store
