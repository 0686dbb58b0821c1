#include "queryd/exec/reader_pool.h"

#include "common/base/text.h"

#include <algorithm>
#include <chrono>

namespace evd::queryd {

namespace {

// Nothing happens at its end; the queue only wants a number.
constexpr std::chrono::hours kIdleWait{1};

}  // namespace

ReaderPool::ReaderPool(uint32_t thread_count) : jobs_(kReaderJobsMax, SIZE_MAX) {
    for (uint32_t i = 0; i < std::max(1U, thread_count); ++i) {
        threads_.push_back(
            std::make_unique<base::Thread>(base::cat("reader-", i), [this] { work(); }));
    }
}

ReaderPool::~ReaderPool() {
    jobs_.close();
}

void ReaderPool::submit(std::function<void()> job) {
    const bool queued = jobs_.push(std::move(job), 1, 0);
    EVD_CHECK(queued, "a job for a pool that is being closed");
}

void ReaderPool::work() {
    for (;;) {
        auto job = jobs_.pop(kIdleWait);
        if (job) {
            (*job)();
        } else if (jobs_.closed()) {
            return;
        }
    }
}

}  // namespace evd::queryd
