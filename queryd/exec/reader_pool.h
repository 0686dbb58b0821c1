#pragma once

#include "common/base/thread.h"
#include "queryd/exec/reader_turns.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace evd::queryd {

// A few threads that read databases for all questions at once.
//
// Jobs are short: one slice of a scan each (kScanSliceNs), taken as ReaderTurns says, so that a
// question over millions of rows and one over ten share the threads fairly. A job must not wait for
// another job. Submitted from any thread, by jobs too, without waiting: as many jobs wait as the
// questions that are admitted have databases. A job's owner waits for it before it dies. The
// destructor runs what is still queued and joins.
class ReaderPool {
  public:
    explicit ReaderPool(uint32_t thread_count);
    ~ReaderPool();
    ReaderPool(const ReaderPool&) = delete;
    ReaderPool& operator=(const ReaderPool&) = delete;

    // asked_ns: when the job's question was asked, on the monotonic clock.
    void submit(int64_t asked_ns, ReaderTurns::Job job);

  private:
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    ReaderTurns turns_;
    bool closed_ = false;
    std::vector<std::unique_ptr<base::Thread>> threads_;
};

}  // namespace evd::queryd
