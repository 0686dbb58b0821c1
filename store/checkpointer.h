#pragma once

#include "common/db/sqlite.h"
#include "store/checkpoint_policy.h"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace evd::store {

// Keeps the write-ahead log of one writer's database short: does the checkpoints that
// CheckpointPolicy judges to be due, and knows how long the log is.
//
// They are passive: no reader is waited for, and one whose snapshot keeps the log from being moved
// only puts off its end. A checkpoint that fails leaves the log as it was; the next commit meets
// the same disk and reports what is wrong with it. Owned by the writer, on its thread; the figures
// are for any.
class Checkpointer {
  public:
    explicit Checkpointer(int64_t threshold_bytes) : policy_(threshold_bytes) {}

    void setThreshold(int64_t threshold_bytes) { policy_.setThreshold(threshold_bytes); }
    // After whatever has written to the database.
    void noteLog(int64_t wal_bytes) { wal_bytes_.store(wal_bytes); }
    // Between two transactions. Idle: nothing waits to be written.
    void runIfDue(db::Connection& connection, bool is_idle);
    // How long a writer without work may sleep until it calls again.
    std::chrono::nanoseconds idleWait() const;

    // After a commit that failed on the disk: on a full one the log cannot grow; moved into the
    // database, which has room for it (FileRoom), it can be written from its beginning again.
    static void makeRoom(db::Connection& connection) { (void)connection.checkpointPassive(); }

    int64_t walBytes() const { return wal_bytes_.load(); }
    // A reader's snapshot keeps the log from shrinking.
    bool isBlocked() const { return is_blocked_.load(); }

  private:
    CheckpointPolicy policy_;
    std::atomic<int64_t> wal_bytes_{0};
    std::atomic<bool> is_blocked_{false};
};

}  // namespace evd::store
