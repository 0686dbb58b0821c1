#pragma once

#include "queryd/exec/query_engine.h"
#include "tests/support/msgpack_json.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace evd::test {

// A RecordSink that keeps every record as a line of json. Filled on the question's thread; read
// when the question is over, or through waitFor() while it streams.
class RecordList final : public queryd::RecordSink {
  public:
    base::Result<void> record(std::span<const uint8_t> msgpack_map) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back(jsonOfMsgpack(msgpack_map));
        changed_.notify_all();
        return {};
    }
    base::Result<void> initialComplete() override {
        const std::lock_guard lock(mutex_);
        initial_count_ = lines_.size();
        complete_ = true;
        changed_.notify_all();
        return {};
    }
    base::Result<void> flush() override {
        const std::lock_guard lock(mutex_);
        ++flushes_;
        changed_.notify_all();
        return {};
    }

    // Waits until the initial result is complete and at least that many records came in all.
    void waitFor(size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return complete_ && lines_.size() >= count; });
    }
    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    size_t initialCount() const {
        const std::lock_guard lock(mutex_);
        return initial_count_;
    }
    bool complete() const {
        const std::lock_guard lock(mutex_);
        return complete_;
    }
    size_t flushes() const {
        const std::lock_guard lock(mutex_);
        return flushes_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    size_t initial_count_ = 0;
    size_t flushes_ = 0;
    bool complete_ = false;
};

}  // namespace evd::test
