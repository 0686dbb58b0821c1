#include "store/checkpoint_thread.h"

#include "common/base/check.h"
#include "store/file_room.h"

namespace evd::store {

CheckpointThread::~CheckpointThread() {
    letGo();
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.reset();
}

void CheckpointThread::begin(const std::string& path) {
    {
        const std::lock_guard lock(mutex_);
        EVD_CHECK(state_ == State::Resting, "one pass at a time");
        EVD_CHECK(connection_ == nullptr || path == path_, "another database needs letGo() first");
        path_ = path;
        state_ = State::Wanted;
    }
    if (thread_ == nullptr) {
        thread_ = std::make_unique<base::Thread>(name_, [this] { run(); });
    }
    changed_.notify_all();
}

bool CheckpointThread::isUnderWay() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::Wanted || state_ == State::Running;
}

bool CheckpointThread::isBusy() const {
    const std::lock_guard lock(mutex_);
    return state_ != State::Resting;
}

std::optional<CheckpointPolicy::Pass> CheckpointThread::takeEnded() {
    const std::lock_guard lock(mutex_);
    if (state_ != State::Ended) {
        return std::nullopt;
    }
    state_ = State::Resting;
    return ended_;
}

void CheckpointThread::letGo() {
    std::unique_lock lock(mutex_);
    is_unwanted_ = true;
    if (state_ == State::Running && connection_ != nullptr) {
        connection_->interrupt();
    }
    changed_.wait(lock, [this] { return state_ != State::Running; });
    is_unwanted_ = false;
    state_ = State::Resting;
    connection_.reset();
}

void CheckpointThread::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_ending_ || state_ == State::Wanted; });
        if (is_ending_) {
            return;
        }
        state_ = State::Running;
        const bool is_connected = connect(lock);
        if (is_connected && !is_unwanted_) {
            db::Connection& connection = *connection_;
            lock.unlock();
            const CheckpointPolicy::Pass ended = pass(connection);
            lock.lock();
            ended_ = ended;
        } else {
            ended_ = {};
        }
        state_ = State::Ended;
        changed_.notify_all();
    }
}

// The lock is given up while the file is opened, and held when connection_ changes.
bool CheckpointThread::connect(std::unique_lock<std::mutex>& lock) {
    if (connection_ != nullptr && !connection_->hasMoved()) {
        return true;
    }
    connection_.reset();
    lock.unlock();
    auto opened = db::Connection::openForWriting(path_);
    lock.lock();
    if (!opened) {
        return false;
    }
    connection_ = std::move(opened).value();
    page_bytes_ = connection_->pageBytes();
    connection_->setFileGrowth(kFileGrowthBytes);
    return true;
}

CheckpointPolicy::Pass CheckpointThread::pass(db::Connection& connection) const {
    const auto moved = connection.checkpointPassive();
    if (!moved || !connection.syncFile()) {
        return {};
    }
    return {true, moved.value().wal_pages * page_bytes_, moved.value().moved_pages * page_bytes_};
}

}  // namespace evd::store
