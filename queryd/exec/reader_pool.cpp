#include "queryd/exec/reader_pool.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

ReaderPool::ReaderPool(uint32_t thread_count) {
    for (uint32_t i = 0; i < std::max(1U, thread_count); ++i) {
        threads_.push_back(
            std::make_unique<base::Thread>(base::cat("reader-", i), [this] { work(); }));
    }
}

ReaderPool::~ReaderPool() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

void ReaderPool::submit(int64_t asked_ns, ReaderTurns::Job job) {
    const std::lock_guard lock(mutex_);
    EVD_CHECK(!closed_, "a job for a pool that is being closed");
    turns_.push(asked_ns, std::move(job));
    changed_.notify_one();
}

void ReaderPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (auto job = turns_.pop()) {
            lock.unlock();
            (*job)();
            lock.lock();
        } else if (closed_) {
            return;
        } else {
            changed_.wait(lock);
        }
    }
}

}  // namespace evd::queryd
