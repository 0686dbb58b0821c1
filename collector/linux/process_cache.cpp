#include "collector/linux/process_cache.h"

namespace evd::collector {

void ProcessCache::put(ProcessInfo info) {
    const pid_t pid = info.pid;
    (void)take(pid);  // what was known before is replaced
    if (by_pid_.size() >= processes_max_) {
        by_pid_.erase(order_.back().pid);
        order_.pop_back();
    }
    order_.push_front(std::move(info));
    by_pid_.emplace(pid, order_.begin());
}

ProcessInfo* ProcessCache::find(pid_t pid) {
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end()) {
        return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return &order_.front();
}

std::optional<ProcessInfo> ProcessCache::take(pid_t pid) {
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end()) {
        return std::nullopt;
    }
    ProcessInfo info = std::move(*found->second);
    order_.erase(found->second);
    by_pid_.erase(found);
    return info;
}

std::vector<pid_t> ProcessCache::pids() const {
    std::vector<pid_t> all;
    all.reserve(by_pid_.size());
    for (const auto& entry : by_pid_) {
        all.push_back(entry.first);
    }
    return all;
}

}  // namespace evd::collector
