#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/wire/record.h"
#include "store/failure_episode.h"
#include "store/row_retention.h"
#include "store/sequence_allocator.h"
#include "store/shard_router.h"
#include "store/shard_writer.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace evd::store {

inline constexpr size_t kPostponedRecordsMax = 64;  // synthetic records waiting for a healthy shard

struct EventStoreSettings {
    std::string directory;
    uint16_t shards = 0;  // StorageShards; 0 = one per cpu
    BatchPolicy::Limits batch;
    int64_t checkpoint_bytes = 0;
    RetentionLimits retention{};
    Shedding::Settings shedding = {};
};

// The shards of this lifetime: their writers, which of them are healthy, and where records of our
// own go.
//
// A shard is unhealthy from its first failed transaction to its next good one; one of unknown
// schema version has no writer at all. Daemon-wide synthetic records go to the lowest-numbered
// healthy shard (Ruling S10); with none they are postponed, up to kPostponedRecordsMax, and sent
// when one is healthy again. Owned by the EventStore, on its thread; the writers' reports come to
// it through the EventStore, which is their listener and outlives this.
class ShardSet {
  public:
    ShardSet(EventStoreSettings settings, const base::Guid& boot_id, SequenceAllocator& allocator,
             const base::Clock& clock, WriterListener& listener);

    // Opens or makes that many shards and starts their writers; troubles met become storage_error
    // records. Adds what they account for to `accounted`, by cpu, and lets ids go on behind theirs.
    // Once.
    base::Result<void> open(uint16_t count, std::map<uint16_t, base::IntervalSet>& accounted);
    bool isOpen() const { return !shards_.empty(); }
    // Routing over these shards for that many cpus; the set must be open.
    std::unique_ptr<ShardRouter> makeRouter(uint16_t cpu_count) const;

    // Of the shards that have writers.
    EventRetention::Gates gates();

    uint64_t nextTicket() { return next_ticket_++; }
    bool tryPush(uint16_t shard, WriteItem& item) { return writerOf(shard).tryPush(item); }

    void queueRecords(RecordWork records);
    // Whether the ticket was one of our records; if so it is done with, or postponed.
    bool finishRecords(uint64_t ticket, bool is_stored);
    bool hasRecordsUnderWay() const { return !records_.empty(); }

    // Takes note of a report. True when the caller should tell people of its failure.
    bool shouldTellOf(const ShardReport& report);
    // Sends what is postponed, if a shard is healthy.
    void sendPostponed();

    void configure(BatchPolicy::Limits limits, int64_t checkpoint_bytes);
    void configureShedding(Shedding::Settings shedding);
    // For the shards that are open and those that will be.
    void wantIndexes(DesiredIndexesView desired);
    void noteRingFill(uint16_t shard, uint32_t percent) { writerOf(shard).noteRingFill(percent); }
    const EventStoreSettings& settings() const { return settings_; }
    // Ends the writers after what is in their queues and closes the databases.
    void stop();
    void addMeasures(std::vector<wire::Measure>& measures);
    // How long commits took, by shard.
    std::map<uint16_t, wire::Histogram> commitSeconds() const;

  private:
    struct Shard {
        std::unique_ptr<ShardWriter> writer;  // none: excluded
        FailureEpisode failing;
        uint64_t rows_measured = 0;
    };

    ShardWriter& writerOf(uint16_t shard) { return *shards_.at(shard).writer; }
    ShardWriter* lowestHealthy();
    void postpone(RecordWork records);

    EventStoreSettings settings_;
    const base::Guid boot_id_;
    SequenceAllocator& allocator_;
    const base::Clock& clock_;
    WriterListener& listener_;
    uint64_t next_ticket_ = 1;
    std::map<uint64_t, RecordWork> records_;  // with a writer, by ticket
    std::deque<RecordWork> postponed_;
    int64_t measured_ns_ = 0;
    DesiredIndexesView desired_indexes_;  // none until the policy has spoken
    std::map<uint16_t, Shard> shards_;
};

}  // namespace evd::store
