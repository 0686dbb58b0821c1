#pragma once

#include "common/base/thread.h"
#include "common/db/sqlite.h"
#include "store/checkpoint_policy.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace evd::store {

// Moves a write-ahead log into its database beside the writer, on a thread and a connection of its
// own (CheckpointPolicy says when).
//
// A pass waits neither for readers nor for the writer, and they do not wait for it; what the writer
// appends meanwhile is left. What it has moved is on the disk when it ends, so that finishing has
// only the rest to wait for. Used from the writer's thread; the destructor lets go and joins.
class CheckpointThread {
  public:
    // The kernel shows at most 15 bytes of the name.
    explicit CheckpointThread(std::string name) : name_(std::move(name)) {}
    ~CheckpointThread();
    CheckpointThread(const CheckpointThread&) = delete;
    CheckpointThread& operator=(const CheckpointThread&) = delete;

    // Begins a pass over the log of the database of that path, which is the same until letGo().
    // None may be under way.
    void begin(const std::string& path);
    bool isUnderWay() const;
    // Under way, or its outcome waits to be taken.
    bool isBusy() const;
    // What the last pass came to; once.
    std::optional<CheckpointPolicy::Pass> takeEnded();
    // Breaks off a pass that is under way and closes the connection: the database may be renamed.
    void letGo();

  private:
    enum class State { Resting, Wanted, Running, Ended };

    void run();
    bool connect(std::unique_lock<std::mutex>& lock);
    CheckpointPolicy::Pass pass(db::Connection& connection) const;

    const std::string name_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::Resting;
    bool is_unwanted_ = false;  // somebody waits for the pass to be over
    bool is_ending_ = false;
    std::string path_;  // of the pass; only written at rest
    CheckpointPolicy::Pass ended_;
    std::unique_ptr<db::Connection> connection_;  // the thread's own while it runs a pass
    int64_t page_bytes_ = 0;

    std::unique_ptr<base::Thread> thread_;  // made for the first pass
};

}  // namespace evd::store
