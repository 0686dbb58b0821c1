#pragma once

#include "queryd/exec/store_control.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// The global sequence of a store of the test's: gives out ids, knows which are still open, and
// answers queryd's question for the stable id as the store does. Safe on any thread.
class TestSequence final : public queryd::StoreControl {
  public:
    void filtered(const std::vector<std::string>&) override {}
    void rollupAsked(wire::RollupFunction, uint32_t) override {}
    base::Result<void> index(const std::string&, int64_t, const std::atomic<bool>*) override {
        return {};
    }
    base::Result<queryd::StableId> stableId(int64_t, const std::atomic<bool>*) override {
        std::function<void()> hook;
        {
            const std::lock_guard lock(mutex_);
            hook = on_asked;
        }
        if (hook) {
            hook();
        }
        const std::lock_guard lock(mutex_);
        if (is_away_) {
            return base::fail(base::ErrorKind::Busy, "the store is away");
        }
        return queryd::StableId{stable(), connection_};
    }

    // The first of `count` ids of a transaction that begins now.
    int64_t reserve(int64_t count) {
        const std::lock_guard lock(mutex_);
        const int64_t first = next_;
        next_ += count;
        open_.insert(first);
        return first;
    }
    // The transaction that began with this id has ended, either way.
    void settle(int64_t first) {
        const std::lock_guard lock(mutex_);
        open_.erase(first);
    }
    // Another store takes over and goes on behind that id.
    void restart(int64_t last_id) {
        const std::lock_guard lock(mutex_);
        ++connection_;
        open_.clear();
        next_ = last_id + 1;
        is_away_ = false;
    }
    void goAway() {
        const std::lock_guard lock(mutex_);
        is_away_ = true;
    }
    // Called before each answer, outside of every lock; set while nobody asks.
    std::function<void()> on_asked;

  private:
    int64_t stable() const { return (open_.empty() ? next_ : *open_.begin()) - 1; }

    mutable std::mutex mutex_;
    std::set<int64_t> open_;
    int64_t next_ = 1;
    uint64_t connection_ = 1;
    bool is_away_ = false;
};

// So many events of one cpu with those ids and, from the first sequence number on, in a row.
inline std::vector<TestEvent> cpuEvents(int64_t first_id, int64_t count, int64_t cpu = 0,
                                        int64_t first_sequence = 1) {
    std::vector<TestEvent> events;
    for (int64_t i = 0; i < count; ++i) {
        TestEvent event;
        event.id = first_id + i;
        event.timestamp = 1'000'000 - event.id;  // not the order of ids
        event.cpu = cpu;
        event.sequence = first_sequence + i;
        event.origin_class = 1;
        event.boot = guidOf(7);
        event.payload = std::vector<uint8_t>{0x93, 1, 2, 3};
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace evd::test
