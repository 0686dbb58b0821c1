#include "queryd/exec/log_rest.h"

#include "queryd/exec/connection_cache.h"

#include <sys/stat.h>
#include <algorithm>
#include <chrono>

namespace evd::queryd {

namespace {

// The file is as long as the log has ever been since it began anew; then the store cuts it
// (kWalBytesKept). 0: there is none.
uint64_t logBytes(const std::string& path) {
    struct stat status {};
    return ::stat((path + "-wal").c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size)
                                                         : 0;
}

}  // namespace

LogRest::Visit::Visit(LogRest& rest, const DatabaseFile& file, const RunControl& control)
    : rest_(rest), key_(file.device, file.inode) {
    rest_.enter(key_, file.path, control);
}

bool LogRest::isDue(const Log& log, uint64_t log_bytes) const {
    return log_bytes >= log.failed_bytes + std::max(limits_.log_bytes, log.failed_bytes / 2);
}

void LogRest::enter(const Key& key, const std::string& path, const RunControl& control) {
    const uint64_t log_bytes = logBytes(path);
    std::unique_lock lock(mutex_);
    Log& log = logs_[key];
    ++log.visitors;
    if (log_bytes < log.failed_bytes) {
        log.failed_bytes = 0;  // it has begun anew since
    }
    if (log.is_resting) {
        changed_.wait(lock, [&log] { return !log.is_resting; });
    } else if (isDue(log, log_bytes)) {
        rest(lock, log, path, control);
    }
}

void LogRest::rest(std::unique_lock<std::mutex>& lock, Log& log, const std::string& path,
                   const RunControl& control) {
    log.is_resting = true;
    uint64_t bytes = 0;
    for (uint32_t turn = 0; turn < limits_.turns_max; ++turn) {
        changed_.wait_for(lock, std::chrono::milliseconds(kRestTurnMs));
        lock.unlock();
        bytes = logBytes(path);
        lock.lock();
        if (bytes < limits_.log_bytes || control.shouldStop()) {
            break;
        }
    }
    if (bytes < limits_.log_bytes) {
        log.failed_bytes = 0;
    } else if (!control.shouldStop()) {  // who broke off has not shown anything
        log.failed_bytes = bytes;
    }
    log.is_resting = false;
    changed_.notify_all();
}

void LogRest::leave(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = logs_.find(key);
    if (--found->second.visitors == 0 && found->second.failed_bytes == 0) {
        logs_.erase(found);
    }
}

}  // namespace evd::queryd
