#pragma once

#include "collector/linux/host_measurements.h"
#include "common/base/clock.h"

#include <string>
#include <string_view>
#include <utility>

namespace evd::collector {

// A longer file is cut, and its last, broken line left out. On a machine with many cores most of
// /proc/stat is one line of interrupt counters.
inline constexpr size_t kHostFileBytesMax = 512 * 1024;

// Reads what the machine as a whole is doing out of /proc, and how full its file systems are.
//
// Files are opened relative to a descriptor of /proc that was taken before confinement; each look
// opens and closes them anew. File systems are asked by path (statvfs), only those that parseMounts
// lets through, so that none is asked that may not answer. Missing files are not errors: not every
// kernel has pressure or swap. One thread.
class HostReader {
  public:
    // Descriptor and clock outlive the reader. Of interfaces each process sees those of its own
    // network, so whoever has none names the file of a process that has.
    HostReader(int proc_fd, uint64_t ticks_per_second, const base::Clock& clock,
               std::string network_file = "net/dev")
        : proc_fd_(proc_fd),
          ticks_per_second_(ticks_per_second),
          clock_(clock),
          network_file_(std::move(network_file)) {}

    HostSnapshot read();

  private:
    std::string_view readFile(const char* name);
    void readPressure(HostSnapshot& snapshot);
    void readFileSystems(HostSnapshot& snapshot);

    int proc_fd_;
    uint64_t ticks_per_second_;
    const base::Clock& clock_;
    std::string network_file_;
    std::string buffer_;
};

}  // namespace evd::collector
