#pragma once

#include "common/base/text.h"
#include "common/base/thread.h"
#include "queryd/client/event_store_client_service.h"
#include "tests/support/number_field.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

inline constexpr uint32_t kFollowPatienceMs = 50;
inline constexpr size_t kFollowStepBackMax = 200;

// What the follower has: the events by id, and every promise it saw broken.
//
// Shared by the follower's thread and the test's; all of it under one mutex.
class EventDiary {
  public:
    explicit EventDiary(std::string event_type) : event_type_(std::move(event_type)) {}

    // `cursor` is the last id of this subscription, and moves on.
    void take(const std::vector<wire::StoredEvent>& events, int64_t& cursor) {
        const std::lock_guard lock(mutex_);
        for (const wire::StoredEvent& event : events) {
            if (event.id <= cursor) {
                complain(base::cat("id ", event.id, " came behind the cursor ", cursor));
            }
            cursor = event.id;
            const auto [known, is_new] = events_.try_emplace(event.id, event);
            repeated_ += is_new ? 0 : 1;
            if (!is_new && known->second != event) {
                complain(base::cat("id ", event.id, " is not the event that it was"));
            }
            if (is_new && event.id < newest_) {
                complain(base::cat("id ", event.id, " was left out before ", newest_, " came"));
            }
            newest_ = std::max(newest_, event.id);
            if (is_new && event.type == event_type_ && event.payload) {
                numbers_.insert(numberField(*event.payload, "n"));
            }
        }
    }

    // The cursor of a follower that lost what it did with the last `steps` events.
    int64_t cursorBefore(size_t steps) const {
        const std::lock_guard lock(mutex_);
        if (events_.size() <= steps) {
            return 0;
        }
        return std::next(events_.rbegin(), static_cast<std::ptrdiff_t>(steps))->first;
    }

    std::vector<std::string> complaints() const {
        const std::lock_guard lock(mutex_);
        return complaints_;
    }
    std::multiset<uint64_t> numbers() const {
        const std::lock_guard lock(mutex_);
        return numbers_;
    }
    bool knows(uint64_t number) const {
        const std::lock_guard lock(mutex_);
        return numbers_.contains(number);
    }
    bool knowsAll(const std::set<uint64_t>& numbers) const {
        const std::lock_guard lock(mutex_);
        return std::includes(numbers_.begin(), numbers_.end(), numbers.begin(), numbers.end());
    }
    size_t countNumbers() const {
        const std::lock_guard lock(mutex_);
        return numbers_.size();
    }
    uint64_t repeated() const {
        const std::lock_guard lock(mutex_);
        return repeated_;
    }

  private:
    void complain(std::string text) { complaints_.push_back(std::move(text)); }

    const std::string event_type_;
    mutable std::mutex mutex_;
    std::map<int64_t, wire::StoredEvent> events_;
    std::multiset<uint64_t> numbers_;
    std::vector<std::string> complaints_;
    int64_t newest_ = 0;
    uint64_t repeated_ = 0;
};

// Follows the store until told to stop. After every second broken connection it goes on from an
// older cursor, as a program does that died before it wrote down how far it was.
class EventFollower {
  public:
    EventFollower(std::string socket_path, uint64_t seed, EventDiary& diary)
        : socket_path_(std::move(socket_path)),
          diary_(diary),
          random_(seed),
          thread_("follower", [this] { run(); }) {}
    ~EventFollower() { stop(); }

    void stop() {
        stopping_ = true;
        thread_.join();
    }
    int connections() const { return connections_; }

  private:
    void run() {
        while (!stopping_) {
            auto client = queryd::connectEventStoreClient(socket_path_);
            if (!client.ok()) {
                pauseMs(5);
                continue;
            }
            const int broken = connections_++;
            followOn(*client.value(),
                     diary_.cursorBefore(broken % 2 == 1 ? random_() % kFollowStepBackMax : 0));
        }
    }

    // Until the connection is lost; a subscription that ends otherwise is begun again.
    void followOn(queryd::EventStoreClient& client, int64_t cursor) {
        while (!stopping_) {
            const auto ended = client.follow(
                cursor,
                [&](const std::vector<wire::StoredEvent>& events) {
                    diary_.take(events, cursor);
                    return !stopping_;
                },
                kFollowPatienceMs);
            if (!ended.ok() && ended.error().kind == base::ErrorKind::Gone) {
                return;
            }
            pauseMs(ended.ok() ? 0 : 5);
        }
    }

    const std::string socket_path_;
    EventDiary& diary_;
    std::mt19937_64 random_;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace evd::test
