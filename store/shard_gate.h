#pragma once

#include "store/row_count.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace evd::store {

// Whose turn it is to write to the database of one shard, or of logs or metrics (Spec §3.4, impact
// on writers).
//
// The writer takes a turn for each transaction, retention one for each of its batches, and where
// there are rollups their thread one for each of its steps.
// Turns are given in the order in which they were asked for, which a mutex does not promise: a busy
// writer that lets go and asks again at once cannot starve retention, and retention, which pauses
// between its turns, never makes the writer wait for more than one batch. Any thread; a turn is
// held by the thread that took it.
class ShardGate {
  public:
    // Holds the gate from construction to destruction; waits for the others before it.
    class Turn {
      public:
        explicit Turn(ShardGate& gate) : gate_(gate) { gate_.enter(); }
        ~Turn() { gate_.leave(); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

      private:
        ShardGate& gate_;
    };

    ShardGate() = default;
    ShardGate(const ShardGate&) = delete;
    ShardGate& operator=(const ShardGate&) = delete;

    // Whether somebody is waiting behind the turn that is being held.
    bool isWanted() const;

    // The writer has put its database aside and another file has its name (Ruling S6); whoever has
    // the old one open must let go of it. Called and read within a turn.
    void noteReplaced() { ++replacements_; }
    // How many rows there are; whoever removes some says so here, within a turn.
    RowCount& rows() { return rows_; }
    const RowCount& rows() const { return rows_; }
    uint64_t replacements() const { return replacements_; }

  private:
    void enter();
    void leave();

    mutable std::mutex mutex_;
    std::condition_variable next_turn_;
    uint64_t turns_asked_ = 0;
    uint64_t turns_ended_ = 0;
    uint64_t replacements_ = 0;  // guarded by the turn
    RowCount rows_;
};

}  // namespace evd::store
