#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/base/thread.h"
#include "common/wire/record.h"
#include "store/batch_policy.h"
#include "store/checkpointer.h"
#include "store/commit_meter.h"
#include "store/event_run.h"
#include "store/failed_reads.h"
#include "store/put_aside.h"
#include "store/sequence_allocator.h"
#include "store/shard_database.h"
#include "store/shard_gate.h"
#include "store/shard_indexes.h"
#include "store/synthetic.h"
#include "store/writer_queue.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::store {

inline constexpr size_t kQueueBytesMax = 16 * 1024 * 1024;  // of event bytes waiting for one writer
// How full the queue may get, of its rows and of its bytes, while an overdue index is built.
inline constexpr size_t kIndexQueuePercent = 10;
// How long a writer must have had nothing to do before it counts its rows.
inline constexpr std::chrono::seconds kRowCountWait{1};
// How long a commit may stay in doubt while nothing else comes that would be committed.
inline constexpr std::chrono::seconds kDoubtWait{1};
// The ticket of what a writer commits for itself; nobody is told of it by ticket.
inline constexpr uint64_t kNoTicket = std::numeric_limits<uint64_t>::max();

// A slice of a cpu's run on its way into a shard.
struct SliceWork {
    uint16_t cpu = 0;
    uint32_t epoch = 0;  // of the cpu's lane when it was queued (CpuLane)
    RunSlice slice;
    std::optional<base::Interval> elsewhere;  // see planReceipts
    int64_t noticed_wall_ns = 0;              // the timestamp of its gap records (Ruling S3)
};

// Records of our own and metadata that belong into the same transaction.
struct RecordWork {
    std::vector<SyntheticEvent> events;
    std::vector<std::pair<std::string, std::string>> metadata;
};

// One or the other; a slice always has rows.
struct WriteItem {
    uint64_t ticket = 0;  // names the item in the report
    SliceWork slice_work;
    RecordWork record_work;

    bool isSlice() const { return slice_work.slice.rows() > 0; }
    size_t rows() const { return slice_work.slice.rows() + record_work.events.size(); }
    size_t bytes() const { return slice_work.slice.events.size(); }
};

// What became of a transaction.
struct ShardReport {
    uint16_t shard = 0;
    std::vector<uint64_t> committed;  // tickets
    std::vector<uint64_t> given_up;   // not stored, may be sent again (Ruling S4)
    std::optional<base::Error> failure;
    bool is_in_doubt = false;  // what was given up may be in the log after all, see EventStore
    std::string trouble;       // the database was quarantined or replaced; for a storage_error
    // By cpu: what a database that was opened anew or put aside accounts for. Some of it may have
    // been given up before.
    std::map<uint16_t, base::IntervalSet> found;
    bool has_settled = false;  // a commit has taken the place of one in doubt
    bool has_room = false;     // the queue has room again for somebody who asked for it

    bool hasCommitted() const { return has_settled || !committed.empty(); }
};

// Who hears of a writer. Called on the writer's thread; must not wait.
class WriterListener {
  public:
    virtual ~WriterListener() = default;
    virtual void reported(ShardReport report) = 0;
    // The records of a commit are visible. Comes before the report.
    virtual void committed(const wire::CommitNotice& notice) = 0;
};

// Writes one shard: the only thread that inserts into its database (Spec §2.3, writer threads).
//
// Takes items from a queue that holds at most MaxBatchSize rows and kQueueBytesMax bytes, gathers
// them into transactions as the BatchPolicy says, commits with WAL and synchronous=FULL, publishes
// what became visible and reports what became durable, once per transaction. A transaction that
// fails is rolled back whole, everything in it and everything of the same cpus queued behind it
// under the same epoch is given up, and the writer goes on (Ruling S4). A corrupt database is put
// aside and replaced (Ruling S6), and what it turns out to hold is not stored again. A commit that
// failed on the disk leaves its ids in doubt and the stable id where it is; when nothing comes
// whose commit would settle that, the writer commits something small by itself after kDoubtWait.
// Event bytes are bound where they lie: whoever pushes an item keeps its memory alive until the
// report. Pushing is for any thread; the destructor writes out what is queued and joins.
class ShardWriter {
  public:
    struct Options {
        uint16_t shard = 0;
        std::string directory;
        base::Guid boot_id;
        BatchPolicy::Limits limits;
        int64_t checkpoint_bytes = 0;
        Shedding::Settings shedding = {};
    };
    struct Figures : WriterFigures {
        std::optional<int64_t> rows;  // in the database, once they have been counted
        ShardIndexes::Figures indexes;
    };

    ShardWriter(Options options, std::unique_ptr<ShardDatabase> database,
                SequenceAllocator& allocator, const base::Clock& clock, WriterListener& listener);
    ~ShardWriter();
    ShardWriter(const ShardWriter&) = delete;
    ShardWriter& operator=(const ShardWriter&) = delete;

    // False when the queue is full: the item is untouched and a report will say has_room.
    bool tryPush(WriteItem& item) { return queue_.tryPush(item); }
    void setLimits(BatchPolicy::Limits limits, int64_t checkpoint_bytes);
    // The indexes that the shard shall have; the thread sees to it when it has nothing else to do.
    void wantIndexes(DesiredIndexesView desired);
    void setShedding(Shedding::Settings settings) { indexes_.setSettings(settings); }
    // How full the ring of a cpu that writes here was told to be.
    void noteRingFill(uint32_t percent) { indexes_.noteRingFill(percent); }
    // Writes out what is queued, closes the database and ends the thread. Later pushes are refused.
    void stop();

    uint16_t shard() const { return options_.shard; }
    // Who else wants to write to the database takes a turn here; the writer holds one for each of
    // its transactions.
    ShardGate& gate() { return gate_; }
    Figures figures() const;
    wire::Histogram commitSeconds() const { return meter_.seconds(); }

  private:
    struct Batch;

    void run();
    void applyLimits();
    void writeBatch(WriteItem first);
    base::Result<void> gather(Batch& batch, WriteItem first);
    base::Result<void> insert(Batch& batch, const WriteItem& item);
    base::Result<void> insertSlice(Batch& batch, const SliceWork& work);
    base::Result<void> insertRows(Batch& batch, const SliceWork& work, const RunSlice& slice);
    std::vector<base::Interval> notHeld(uint16_t cpu, base::Interval covered) const;
    base::Result<void> insertRecords(Batch& batch, const RecordWork& work);
    bool isBroken(const WriteItem& item) const;
    void succeed(Batch& batch);
    void fail(Batch& batch, base::Error error);
    void tellStableId();
    base::Result<void> ensureDatabase(Batch& batch);
    void replaceDamaged(Batch& batch);
    base::Result<void> commitLastId();
    base::Result<void> askPutAside(Batch& batch);
    void closeDatabase();
    void giveUpDatabase();  // another one takes its place
    void tellRoom();
    std::chrono::nanoseconds idleWait();
    void shedIndexes(const Batch& batch);
    void settleDoubt();
    void tendIndexes();
    void countRows();
    bool hasWork() const { return queue_.count() > 0 || queue_.closed(); }
    void afterIndexWork(const base::Result<void>& outcome);

    const Options options_;
    SequenceAllocator& allocator_;
    const base::Clock& clock_;
    WriterListener& listener_;

    ShardGate gate_;
    WriterQueue<WriteItem> queue_;
    std::atomic<int64_t> latency_ns_max_;
    std::atomic<int64_t> checkpoint_bytes_;

    // The thread's own.
    std::unique_ptr<ShardDatabase> database_;
    ShardIndexes indexes_;
    BatchPolicy batch_policy_;
    Checkpointer checkpointer_;
    std::optional<WriteItem> carried_;            // popped, but over the batch's limit
    std::map<uint16_t, uint32_t> broken_epochs_;  // by cpu: everything up to that epoch is given up
    // The ids of a commit that failed: should the process die before the shard commits again, the
    // next start may find its rows. Until then nobody may be told that they are void.
    SequenceAllocator::Reservation doubtful_;
    FailedReads failed_reads_;
    PutAside put_aside_;
    // By cpu: what the databases account for that were put aside in this life.
    std::map<uint16_t, base::IntervalSet> held_aside_;

    CommitMeter meter_;

    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::store
