#pragma once

#include "common/wire/stored_event.h"
#include "queryd/exec/query_engine.h"

#include <doctest/doctest.h>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace evd::test {

// What is read of the event store by its global sequence. Keeps what arrives; waitFor() is for
// another thread.
class EventList final : public queryd::RecordSink {
  public:
    base::Result<void> record(std::span<const uint8_t> bytes) override {
        wire::MsgpackReader reader(bytes);
        auto event = wire::readStoredEvent(reader);
        REQUIRE(event.ok());
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event).value());
        arrived_.notify_all();
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> flush() override { return {}; }

    void waitFor(size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return events_.size() >= count; });
    }
    std::vector<int64_t> ids() const {
        const std::lock_guard lock(mutex_);
        std::vector<int64_t> ids;
        for (const auto& event : events_) {
            ids.push_back(event.id);
        }
        return ids;
    }
    const std::vector<wire::StoredEvent>& events() const { return events_; }

  private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<wire::StoredEvent> events_;
};

}  // namespace evd::test
