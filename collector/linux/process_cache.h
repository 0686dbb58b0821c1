#pragma once

#include "collector/linux/proc_reader.h"

#include <sys/types.h>
#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace evd::collector {

inline constexpr size_t kCachedProcessesMax = 16'384;

// The processes seen so far, so that an exit can still say what ended: by then /proc has forgotten.
//
// Filled at fork, exec and by scans, emptied at exit. Above its maximum it forgets the process that
// was looked at longest ago; the exit of that one then carries only its pid. Belongs to the process
// sensor's thread.
class ProcessCache {
  public:
    explicit ProcessCache(size_t processes_max = kCachedProcessesMax)
        : processes_max_(processes_max) {}

    // Replaces what was known of that pid.
    void put(ProcessInfo info);
    // Valid until the next call; nullptr when unknown.
    ProcessInfo* find(pid_t pid);
    std::optional<ProcessInfo> take(pid_t pid);

    std::vector<pid_t> pids() const;
    size_t count() const { return by_pid_.size(); }

  private:
    using Order = std::list<ProcessInfo>;  // newest look first

    size_t processes_max_;
    Order order_;
    std::unordered_map<pid_t, Order::iterator> by_pid_;
};

}  // namespace evd::collector
