#pragma once

#include <cstdint>
#include <mutex>
#include <set>

namespace evd::store {

// The global sequence: hands out the row ids of all shards from one counter (Ruling S1).
//
// Each writer reserves ids for its open transaction as rows are added, and settles them when the
// transaction has been committed or rolled back; ids of a rolled-back one are void and never used
// again. stableId() is the cursor that streaming and forwarding are built on: everything at or
// below it is committed or void. It moves only forward. Safe on any thread; critical sections are a
// few instructions and never wait for a disk.
class SequenceAllocator {
  public:
    // The ids that one open transaction holds; kept by its writer, one per writer.
    class Reservation {
      public:
        bool isOpen() const { return lowest_ != 0; }
        int64_t lowest() const { return lowest_; }

      private:
        friend class SequenceAllocator;
        int64_t lowest_ = 0;
    };

    // last_id: the greatest id in any database of the event store; 0 when there is none.
    explicit SequenceAllocator(int64_t last_id) : next_(last_id + 1) {}

    // No id up to last_id is given out any more. Before any is.
    void skipTo(int64_t last_id);
    // The first of `count` consecutive ids, greater than every id given out before.
    int64_t reserve(Reservation& reservation, uint32_t count);
    // The transaction ended, either way.
    void settle(Reservation& reservation);

    int64_t stableId() const;
    int64_t lastReservedId() const;

  private:
    mutable std::mutex mutex_;
    int64_t next_;
    // The lowest id of each open transaction. Ids grow within a transaction, so it speaks for all.
    std::set<int64_t> open_;
};

}  // namespace evd::store
