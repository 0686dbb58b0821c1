#include "queryd/exec/shard_tasks.h"

#include <condition_variable>
#include <mutex>

namespace evd::queryd {

namespace {

// Counts the tasks down and keeps the first failure.
class TaskRun {
  public:
    TaskRun(StoreReaders& readers, const RunControl& control)
        : readers_(readers), control_(control) {
        control_.abandoned = &abandoned_;
    }

    void submit(ShardTask& task) {
        readers_.pool().submit(control_.asked_ns, [this, &task] { runSlice(task); });
    }

    base::Result<void> waitFor(size_t count) {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [&] { return done_ == count; });
        return failure_;
    }

  private:
    void runSlice(ShardTask& task) {
        ScanEnd end = ScanEnd::Finished;
        RunControl control = control_;
        control.step = task.stepName();
        const auto read = readers_.read(task.file(), control, [&](db::Connection& connection) {
            auto sliced = task.slice(connection);
            end = sliced ? sliced.value() : ScanEnd::Finished;
            return sliced ? base::Result<void>() : sliced.error();
        });
        const auto failure = read ? task.failure() : base::Result<void>(read.error());
        if (failure.ok() && end == ScanEnd::Paused && read.value() == StoreReaders::ReadEnd::Done) {
            submit(task);
            return;
        }
        const std::lock_guard lock(mutex_);
        if (!failure.ok() && failure_.ok()) {
            failure_ = failure;
            abandoned_ = true;
        }
        ++done_;
        all_done_.notify_all();  // under the lock: the owner may go as soon as it sees it
    }

    StoreReaders& readers_;
    RunControl control_;
    std::atomic<bool> abandoned_{false};
    std::mutex mutex_;
    std::condition_variable all_done_;
    size_t done_ = 0;
    base::Result<void> failure_;
};

}  // namespace

base::Result<void> runTasks(StoreReaders& readers, const RunControl& control,
                            std::span<const std::unique_ptr<ShardTask>> tasks) {
    TaskRun run(readers, control);
    for (const auto& task : tasks) {
        run.submit(*task);
    }
    return run.waitFor(tasks.size());
}

}  // namespace evd::queryd
