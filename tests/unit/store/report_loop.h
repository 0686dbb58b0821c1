#pragma once

#include "common/db/sqlite.h"
#include "common/wire/record.h"

#include <doctest/doctest.h>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace evd::test {

// The loop that a service would be, for an EventStore or a RecordStore: waits until something is
// reported, and pumps. What is noted comes from writers' threads.
class ReportLoop {
  public:
    void noteReport() {
        const std::lock_guard lock(mutex_);
        ++signals_;
        changed_.notify_all();
    }
    void noteCommit(const wire::CommitNotice& notice) {
        const std::lock_guard lock(mutex_);
        notices_.push_back(notice);
    }

    // Until nothing is under way any more.
    template <typename Store>
    void runUntilIdle(Store& store) {
        runUntil(store, [&] { return store.isIdle(); });
    }
    template <typename Store, typename Predicate>
    void runUntil(Store& store, const Predicate& holds) {
        while (!holds()) {
            {
                std::unique_lock lock(mutex_);
                REQUIRE(changed_.wait_for(lock, kWaitMax, [&] { return signals_ > 0; }));
                signals_ = 0;
            }
            store.pump();
        }
    }
    std::vector<wire::CommitNotice> notices() {
        const std::lock_guard lock(mutex_);
        return notices_;
    }

  private:
    static constexpr std::chrono::seconds kWaitMax{60};

    std::mutex mutex_;
    std::condition_variable changed_;
    int signals_ = 0;
    std::vector<wire::CommitNotice> notices_;
};

// One value of a database, as text.
inline std::string askFile(const std::string& path, const std::string& sql) {
    auto connection = db::Connection::openForReading(path);
    REQUIRE(connection);
    auto query = connection.value()->prepare(sql);
    REQUIRE(query);
    const auto row = query.value()->step();
    REQUIRE_MESSAGE(row.ok(), (row ? std::string() : row.error().text));
    REQUIRE(row.value());
    return std::string(query.value()->columnText(0));
}

}  // namespace evd::test
