#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>

namespace evd::supervisor {

// What the threads of a process do.
struct Activity {
    int64_t ran_ns = 0;     // on processors, all that there are now together
    bool is_ready = false;  // one of them runs, waits for a processor, or for a disk

    bool operator==(const Activity&) const = default;
};

// Nothing when the kernel does not tell.
std::optional<Activity> activityOf(pid_t pid, const std::string& proc_root = "/proc");

// How long a process has done nothing at all: what a stopped or deadlocked one cannot help, and one
// at work is never seen to do, however slow its disk is and however little it gets of a processor.
// For a program that cannot answer for now. Pure; used on the supervisor's event loop.
class Stillness {
  public:
    // What was seen of it now; the answer is in nanoseconds. Somebody of whom nothing is known is
    // not still.
    int64_t onLook(int64_t now_ns, const std::optional<Activity>& seen);
    void reset() { *this = {}; }

  private:
    std::optional<Activity> last_;
    int64_t since_ns_ = 0;
};

}  // namespace evd::supervisor
