#pragma once

#include "common/base/bounded_queue.h"
#include "common/base/thread.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kReaderJobsMax = 100'000;  // waiting; above it submit() waits

// A few threads that read databases for all questions at once.
//
// Jobs are short: one slice of a scan each (kScanSliceNs), in the order of their submission, so
// that a question over millions of rows and one over ten share the threads fairly. A job must not
// wait for another job. Submitted from any thread, by jobs too; a job's owner waits for it before
// it dies. The destructor runs what is still queued and joins.
class ReaderPool {
  public:
    explicit ReaderPool(uint32_t thread_count);
    ~ReaderPool();
    ReaderPool(const ReaderPool&) = delete;
    ReaderPool& operator=(const ReaderPool&) = delete;

    void submit(std::function<void()> job);

  private:
    void work();

    base::BoundedQueue<std::function<void()>> jobs_;
    std::vector<std::unique_ptr<base::Thread>> threads_;
};

}  // namespace evd::queryd
