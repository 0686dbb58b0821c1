#pragma once

#include "common/base/result.h"
#include "queryd/exec/hit_positions.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/newest_hits.h"
#include "queryd/exec/shard_tasks.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

// A record with what it is sorted by.
struct SortedRecord {
    std::vector<HeldValue> keys;  // one per SORT field
    int64_t timestamp = 0;
    int64_t id = 0;
    size_t database = 0;
    std::vector<uint8_t> bytes;
};

// What a record costs in memory.
size_t heldBytes(const SortedRecord& record);

// The order of SORT: the fields, then newest first, then id descending, then the database (Ruling
// Q6). Compares records, and a record with the keys of one that is not yet held.
class RecordOrder {
  public:
    explicit RecordOrder(const RecordPlan& plan) : plan_(plan) {}
    bool comesBefore(const SortedRecord& left, const SortedRecord& right) const;
    bool comesBefore(std::span<const Value> keys, int64_t timestamp, int64_t id,
                     const SortedRecord& right) const;

  private:
    const RecordPlan& plan_;
};

// One database's first records in the order of SORT.
//
// Keeps at most `count_max` (SKIP and TAKE together): a heap whose worst record gives way, so that
// memory does not grow with the data; without TAKE everything is kept, up to the memory budget, and
// then the question fails with Busy. Of an answer by time, more than bytes_max of records are kept
// as their positions only, and more than positions_max of those are not worth it: it gives up.
class TopRecordsTask final : public ShardTask, private RowConsumer {
  public:
    struct Part {
        const RecordPlan& plan;
        const ScanRequest& request;  // which rows; copied
        uint64_t count_max;
        size_t database;
        // Above it, or without memory, only positions are kept, of which at most as many as
        // follows.
        uint64_t bytes_max;
        uint64_t positions_max;
        // Where they are to be found, of a newest-first answer.
        const NewestHits* newest = nullptr;
    };

    TopRecordsTask(const Part& part, DatabaseFile file, MemoryBudget& memory);

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    std::string_view stepName() const override {
        return newest_ ? "newest hits" : "records to sort";
    }
    std::vector<SortedRecord>& records() { return records_; }  // in no order
    // Whether there were too many to keep the records: positions() has them, in no order.
    bool keptPositions() const { return keeps_positions_; }
    std::vector<HitPosition>& positions() { return positions_; }
    // There were too many for positions too; neither are all.
    bool gaveUp() const { return gave_up_; }

  private:
    base::Result<ScanEnd> readNewest(db::Connection& connection);
    bool isEnough() const { return gave_up_ || is_complete_; }
    bool take(RecordRow& row) override;
    bool keep(RecordRow& row);
    bool keepPosition(const RecordRow& row);
    void turnToPositions();
    void dropWorst();

    Part part_;
    RecordOrder order_;
    MemoryShare memory_;
    ScanRequest request_;
    ScanPosition position_;
    std::optional<NewestHitsScan> newest_;
    std::vector<SortedRecord> records_;  // a heap, the worst in front
    std::vector<Value> keys_;            // of the row at hand
    uint64_t held_bytes_ = 0;
    bool keeps_positions_ = false;
    std::vector<HitPosition> positions_;
    bool gave_up_ = false;
    bool is_complete_ = false;  // rows come in the order of the answer, and there are enough
    base::Result<void> failure_;
};

}  // namespace evd::queryd
