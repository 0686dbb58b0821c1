#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/wire/record.h"
#include "store/boot.h"
#include "store/cpu_lane.h"
#include "store/event_run.h"
#include "store/mailbox.h"
#include "store/quarantine_count.h"
#include "store/retention.h"
#include "store/row_retention.h"
#include "store/run_answer.h"
#include "store/sequence_allocator.h"
#include "store/shard_router.h"
#include "store/shard_set.h"
#include "store/shard_writer.h"
#include "store/synthetic.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace evd::store {

inline constexpr uint16_t kCpusMax = 4096;
inline constexpr int kUndecidedHellosMax = 5;  // refused while a database cannot be read

// What one cpu's held sequence numbers are, for a collector's hello.
struct CpuHoldings {
    uint16_t cpu = 0;
    base::IntervalSet held;
};

// Who drives an EventStore and hears of it. Both calls come from writer threads and must not wait.
class EventStoreListener {
  public:
    virtual ~EventStoreListener() = default;
    // Something has been reported: call pump() soon. Comes when the first of them is there, not for
    // each that follows before they are fetched.
    virtual void reportsWaiting() = 0;
    virtual void committed(const wire::CommitNotice& notice) = 0;
};

// The event side of the store: takes runs, makes each stored exactly once, and says when.
//
// Ties together what is judged elsewhere: checkRun (are the bytes sound), CpuLane (is it new, is it
// its turn), ShardRouter (which shard), ShardWriter (write it). Everything here happens on one
// thread, the service's loop; writers report through a mailbox that pump() empties. An answer is
// given when every slice of a run is durable, or as soon as nothing of it is under way and some of
// it is not; the run's bytes must stay where they are until then. Runs of one cpu are committed in
// order: a cpu with several shards stays with one while anything of it is under way (at most about
// MaxBatchSize rows) and then takes the next.
//
// A commit that fails is in doubt until its shard has committed something else: the log may hold
// the whole transaction, only unsynced, and should the process die now the next start would find
// it. Until then the cpus that had a part in it go to no other shard, so that their runs, sent
// again, take the transaction's place or find themselves held.
//
// Answers: ok (durable), Invalid (malformed, never again), Busy (not stored, come again), Gone (the
// store is draining). Nothing is held beyond the writers' queues but the runs whose answers are
// due; the transport bounds those (ipc::kEventIngestDoor).
class EventStore final : private WriterListener {
  public:
    // Looks at what is there and makes the directory if it is missing; opens nothing for writing.
    static base::Result<std::unique_ptr<EventStore>> open(EventStoreSettings settings,
                                                          const base::Guid& boot_id,
                                                          const base::Clock& clock,
                                                          EventStoreListener& listener);
    ~EventStore() override;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;

    // What earlier lifetimes left, before and after the shards are open (Spec §2.2).
    std::vector<wire::ResumePoint> resumePoints() const;

    // A collector with that many rings says hello; the store must be idle. The first one opens the
    // shards, starts the writers and queues synthetic.startup.
    base::Result<void> attach(uint16_t cpu_count);
    std::vector<CpuHoldings> holdings() const;

    void write(const EventRun& run, std::unique_ptr<RunAnswer> answer);
    // Takes in what the writers reported: gives answers, sends what waits.
    void pump();
    // Nothing is queued or being written. Postponed records do not count.
    bool isIdle() const { return runs_.empty() && !shards_.hasRecordsUnderWay(); }

    // Spec §10.2: refuses new runs, and once idle queues synthetic.shutdown with the sequence
    // state.
    void refuseRuns();
    void queueShutdown();
    // Ends the writers after what is in their queues, and closes the databases. Comes last; runs
    // that are still unanswered get no answer.
    void stopWriters();

    void configure(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
        shards_.configure(limits, checkpoint_bytes);
    }
    // Daemon-wide records that are made elsewhere; before the shards are open they wait.
    void queueRecords(std::vector<SyntheticEvent> events);
    void configureRetention(const RetentionLimits& limits) { configureRetention(0, limits); }
    // Further stores that are kept within limits, after the events. Before the first collector;
    // answers what the part is called in configureRetention().
    size_t addRetention(RetentionPart part);
    void configureRetention(size_t part, const RetentionLimits& limits);
    // Some disk takes nothing: look for something to delete now.
    void wakeRetention();
    // Ends retention for good, before the stores that it looks after.
    void stopRetention();
    void configureShedding(Shedding::Settings shedding) { shards_.configureShedding(shedding); }
    // What the index policy has decided, for all shards alike (Spec §3.3).
    void wantIndexes(DesiredIndexesView desired) { shards_.wantIndexes(std::move(desired)); }
    std::vector<wire::Measure> measures();
    std::map<uint16_t, wire::Histogram> commitSeconds() const { return shards_.commitSeconds(); }

    bool isAttached() const { return shards_.isOpen(); }
    int64_t stableId() const { return allocator_.stableId(); }

  private:
    using RunId = uint64_t;
    struct Run {
        std::unique_ptr<RunAnswer> answer;
        size_t slices_open = 0;
        bool has_failed = false;
    };
    struct WaitingSlice {
        RunId run = 0;
        uint32_t epoch = 0;
        bool begins_run = false;
        int64_t noticed_wall_ns = 0;
        RunSlice slice;
    };
    struct Cpu {
        CpuLane lane;
        std::deque<WaitingSlice> waiting;
        uint16_t shard = 0;      // where the run under way goes
        uint64_t turn_rows = 0;  // given to that shard since it was chosen
        size_t under_way = 0;    // slices with the writer
    };
    struct UnderWay {
        RunId run = 0;
        uint16_t cpu = 0;
        uint32_t epoch = 0;
        base::Interval covered;
        uint32_t events = 0;
    };

    EventStore(EventStoreSettings settings, const base::Guid& boot_id, const base::Clock& clock,
               EventStoreListener& listener, StoreSurvey survey);

    void reported(ShardReport report) override;
    void committed(const wire::CommitNotice& notice) override;

    base::Result<void> surveyAgain();
    base::Result<void> openShards(uint16_t cpu_count);
    void makeLanes(uint16_t cpu_count);
    void takeSlices(uint16_t cpu, std::vector<RunSlice> slices, std::unique_ptr<RunAnswer> answer);
    void feed(uint16_t cpu);
    void tellRingFill(const EventRun& run);
    bool chooseShard(Cpu& state, uint16_t cpu, const WaitingSlice& next);
    void take(const ShardReport& report);
    void takeFound(const ShardReport& report);
    UnderWay takeTicket(uint64_t ticket);
    void sliceCommitted(const UnderWay& done);
    void sliceGivenUp(const UnderWay& done);
    void dropWaiting(uint16_t cpu, uint32_t epoch);
    void finishSlice(RunId run, bool is_stored);
    void tellOfFailure(const ShardReport& report);

    const base::Guid boot_id_;
    const base::Clock& clock_;
    EventStoreListener& listener_;
    StoreSurvey survey_;
    int hellos_refused_ = 0;
    SequenceAllocator allocator_;
    std::unique_ptr<ShardRouter> router_;
    std::vector<Cpu> cpus_;
    std::map<uint64_t, UnderWay> under_way_;  // by ticket
    std::map<uint16_t, uint16_t> in_doubt_;   // by cpu: the shard it must stay with
    std::map<RunId, Run> runs_;
    RunId next_run_ = 1;
    bool draining_ = false;

    uint64_t stored_events_ = 0;
    uint64_t duplicate_events_ = 0;
    uint64_t refused_runs_ = 0;
    uint64_t postponed_runs_ = 0;

    Mailbox<ShardReport> mailbox_;
    // Last: the writers' threads end before anything they report to, and retention before them.
    ShardSet shards_;
    std::vector<RetentionPart> retention_parts_;  // the events' first; kinds until it is made
    std::unique_ptr<Retention> retention_;
    QuarantineCount quarantined_;
};

}  // namespace evd::store
