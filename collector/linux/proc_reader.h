#pragma once

#include "common/base/result.h"

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

// No more than this of a command line is read; the argument in which it ends is left out.
inline constexpr size_t kCommandLineReadBytesMax = 16 * 1024;
inline constexpr pid_t kPidMax = 4'194'304;

// What is known of a process. What could not be read is absent: the process may have ended, or the
// kernel does not let us look.
struct ProcessInfo {
    pid_t pid = 0;
    std::optional<pid_t> parent_pid;
    std::optional<uint32_t> uid;  // effective
    std::optional<uint32_t> gid;  // effective
    std::optional<std::string> name;
    std::optional<std::string> executable_path;
    std::vector<std::string> arguments;  // empty for kernel threads
    bool arguments_cut = false;
    std::optional<uint64_t> start_ticks;  // since boot; with the pid it identifies the process
};

// Pure parsers of files in /proc/<pid>. Contents are shaped by the process itself (its name holds
// any byte), so nothing is assumed of them but the kernel's framing.
struct StatusIds {
    uint32_t uid = 0;
    uint32_t gid = 0;
};
base::Result<StatusIds> parseStatusIds(std::string_view text);

// Arguments are ended by NUL bytes. `cut` says that the text ends before the command line does.
std::vector<std::string> parseCommandLine(std::string_view text, bool cut);

// Reads processes out of /proc.
//
// Every path is relative to one descriptor of /proc, taken before confinement. Each file is read
// with one open and one read into a buffer of fixed size. Owned by the process sensor, on its
// thread. Missing files are not errors: their fields stay absent.
class ProcReader {
  public:
    // proc_fd outlives the reader.
    explicit ProcReader(int proc_fd) : proc_fd_(proc_fd), buffer_(kCommandLineReadBytesMax, '\0') {}

    // All of it. Nothing when there is no such process.
    std::optional<ProcessInfo> read(pid_t pid);
    // Name, parent and start only; a fraction of the cost.
    std::optional<ProcessInfo> readBrief(pid_t pid);
    // The ids of all processes, ascending.
    base::Result<std::vector<pid_t>> list() const;

  private:
    std::optional<std::string_view> readFile(pid_t pid, const char* name);
    std::optional<std::string> readLink(pid_t pid, const char* name);

    int proc_fd_;
    std::string buffer_;
};

}  // namespace evd::collector
