#pragma once

#include "collector/linux/proc_reader.h"
#include "collector/linux/process_cache.h"
#include "collector/linux/process_event.h"
#include "collector/linux/process_payload.h"
#include "common/base/result.h"

#include <vector>

namespace evd::collector {

// Turns what the kernel tells, or what a look through /proc shows, into events about processes.
//
// Keeps the cache of known processes and fills in what the connector leaves out. A fork carries
// what is known of the parent (the child is its copy), an exec is read anew, an exit carries what
// was known while the process lived. scan() compares /proc with what is known and tells the
// difference as exec and exit events marked `reconstructed`; it is how the sensor starts (telling
// nobody), recovers from an overrun, and works where there is no connector. Belongs to the process
// sensor's thread.
class ProcessTracker {
  public:
    // The reader outlives the tracker.
    ProcessTracker(ProcReader& reader, BootTime boot) : reader_(reader), boot_(boot) {}

    // Adds what the event leads to, which may be nothing, to `out`.
    void handle(const ProcessEvent& event, std::vector<SensorEvent>& out);

    enum class ScanMode { Learn, Tell };
    base::Result<void> scan(ScanMode mode, std::vector<SensorEvent>& out);

    size_t knownCount() const { return cache_.count(); }

  private:
    void onFork(const ProcessEvent& event, std::vector<SensorEvent>& out);
    void onExec(const ProcessEvent& event, std::vector<SensorEvent>& out);
    void onExit(const ProcessEvent& event, std::vector<SensorEvent>& out);
    void onUid(const ProcessEvent& event, std::vector<SensorEvent>& out);
    void onComm(const ProcessEvent& event, std::vector<SensorEvent>& out);
    // From the cache, else from /proc, else only the pid. Valid until the next call.
    ProcessInfo& known(pid_t pid);
    void scanOne(pid_t pid, ScanMode mode, std::vector<SensorEvent>& out);
    void add(std::vector<SensorEvent>& out, std::string_view type, const ProcessInfo& info,
             const ProcessChange& change) const;

    ProcReader& reader_;
    BootTime boot_;
    ProcessCache cache_;
    ProcessInfo unknown_;
};

}  // namespace evd::collector
