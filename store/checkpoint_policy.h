#pragma once

#include <cstdint>

namespace evd::store {

// Decides when a writer moves its write-ahead log into the database (Spec §2.4, WAL checkpointing).
//
// A checkpoint on the writer's thread is the latency tail of ingest (quality §7). It is due when
// the log exceeds the threshold, but is put off while more is waiting to be written, up to
// kPatience times the threshold. When a reader's snapshot keeps it from finishing, it is tried
// again only after the log has grown by another quarter of the threshold, or when there is nothing
// else to do. Pure; used by one writer on its thread.
class CheckpointPolicy {
  public:
    static constexpr int64_t kPatience = 4;
    static constexpr int64_t kPageBytes = 4096;  // what WalCheckpointPages counts (Spec §2.4: 4 MB)

    explicit CheckpointPolicy(int64_t threshold_bytes) : threshold_bytes_(threshold_bytes) {}
    void setThreshold(int64_t threshold_bytes) { threshold_bytes_ = threshold_bytes; }

    bool isDue(int64_t wal_bytes, bool is_idle) const;
    // The log's size at the attempt, and whether everything was moved.
    void attempted(int64_t wal_bytes, bool complete);

    // A completed checkpoint leaves the log as long as it was until the next commit starts it
    // again.
    bool wantsRetryWhenIdle(int64_t wal_bytes) const;

  private:
    int64_t threshold_bytes_;
    int64_t blocked_at_bytes_ = 0;   // the log's size at the last attempt that did not finish
    int64_t complete_at_bytes_ = 0;  // the log's size at the last attempt that did
};

}  // namespace evd::store
