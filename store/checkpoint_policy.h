#pragma once

#include <cstdint>

namespace evd::store {

// Decides how a writer's write-ahead log gets into the database (Spec §2.4, WAL checkpointing).
//
// A checkpoint on the writer's thread is the latency tail of ingest (quality §7). So the log is
// moved by passes beside the writer, which meanwhile appends to it: each pass leaves what came
// during it, which is less than what the one before left. When the rest is at most a quarter of the
// threshold, or after kPassesMax passes, which a writer faster than its disk outruns, it is
// finished between two transactions: only a log that is moved whole is written from its beginning
// again.
//
// That begins when the log exceeds the threshold, but is put off while more is waiting to be
// written, up to kPatience times the threshold. When a reader's snapshot has held the log, or has
// kept the next commit from beginning it anew, it begins again only after the log has grown by
// another quarter of the threshold, or when nothing has come for a while. Pure; used by one writer
// on its thread.
class CheckpointPolicy {
  public:
    static constexpr int64_t kPatience = 4;
    static constexpr int kPassesMax = 6;
    static constexpr int64_t kPageBytes = 4096;  // what WalCheckpointPages counts (Spec §2.4: 4 MB)

    enum class Step { None, Pass, Finish };
    // What waits to be written: something, nothing after a transaction, nothing for a while.
    enum class Load { Waiting, Served, Idle };
    static Load afterTransaction(bool more_waits) {
        return more_waits ? Load::Waiting : Load::Served;
    }

    // What a pass found in the log and how much of that is in the database now.
    struct Pass {
        bool is_done = false;  // false: it failed, and the figures say nothing
        int64_t wal_bytes = 0;
        int64_t moved_bytes = 0;
    };

    explicit CheckpointPolicy(int64_t threshold_bytes) : threshold_bytes_(threshold_bytes) {}
    void setThreshold(int64_t threshold_bytes) { threshold_bytes_ = threshold_bytes; }

    // The log's size after whatever has written to it.
    void noteLog(int64_t wal_bytes);
    // What to do now. Asked between two transactions, while no pass is under way.
    Step next(Load load) const;
    void passEnded(const Pass& pass);
    // The rest was moved between two transactions; or not all of it, because of a reader.
    void finished(bool complete);
    // The database is another one now.
    void forget();

    int64_t walBytes() const { return wal_bytes_; }
    // A reader's snapshot keeps the log from shrinking. A pass that finds some of the log held may
    // have met no more than the end of a transaction; two in a row have met a reader.
    bool isBlocked() const { return times_held_ > 1; }
    // A reader whose end nobody tells has held the log, or it has grown since it was moved.
    bool wantsRetryWhenIdle() const;

  private:
    Step begin(Load load) const;
    void restUntilGrown(bool complete);

    int64_t threshold_bytes_;
    int64_t wal_bytes_ = 0;
    int passes_ = 0;            // since the log was at rest
    int64_t moved_bytes_ = 0;   // by them
    int64_t rested_bytes_ = 0;  // the log's size when it was last put to rest; 0: it began anew
    int times_held_ = 0;        // by a reader, in a row
};

}  // namespace evd::store
