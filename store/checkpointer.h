#pragma once

#include "common/db/sqlite.h"
#include "store/checkpoint_policy.h"
#include "store/checkpoint_thread.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace evd::store {

// Keeps the write-ahead log of one writer's database short: has it moved as CheckpointPolicy says,
// beside the writer by a CheckpointThread and the rest on the writer's own, and knows how long the
// log is.
//
// Checkpoints are passive: no reader is waited for, and one whose snapshot keeps the log from being
// moved only puts off its end. A checkpoint that fails leaves the log as it was; the next commit
// meets the same disk and reports what is wrong with it. Owned by the writer, on its thread; the
// figures are for any.
class Checkpointer {
  public:
    // The name is that of the thread that passes run on.
    Checkpointer(std::string name, int64_t threshold_bytes)
        : policy_(threshold_bytes), thread_(std::move(name)) {}

    void setThreshold(int64_t threshold_bytes) { policy_.setThreshold(threshold_bytes); }
    // After whatever has written to the database.
    void noteLog(int64_t wal_bytes);
    // Between two transactions.
    void runIfDue(db::Connection& connection, const std::string& path, CheckpointPolicy::Load load);
    // Before the database is closed, renamed or replaced: nobody else of ours has it open.
    void letGo();
    // How long a writer without work may sleep until it calls again.
    std::chrono::nanoseconds idleWait() const;

    // After a commit that failed on the disk: on a full one the log cannot grow; moved into the
    // database, which has room for it (FileRoom), it can be written from its beginning again.
    static void makeRoom(db::Connection& connection) { (void)connection.checkpointPassive(); }

    int64_t walBytes() const { return wal_bytes_.load(); }
    // A reader's snapshot keeps the log from shrinking.
    bool isBlocked() const { return is_blocked_.load(); }

  private:
    void showFigures();

    CheckpointPolicy policy_;
    CheckpointThread thread_;
    std::atomic<int64_t> wal_bytes_{0};
    std::atomic<bool> is_blocked_{false};
};

}  // namespace evd::store
