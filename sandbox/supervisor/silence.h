#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::supervisor {

// How much longer than otherwise a program may be silent that gets no processor.
inline constexpr int64_t kStarvedPatienceNs = 10'000'000'000;

// How long the main thread of a process has been ready without running, since it was made; nothing
// when the kernel does not tell.
std::optional<int64_t> processorWaitNs(pid_t pid, const std::string& proc_root = "/proc");
// The second number of a schedstat. Pure.
std::optional<int64_t> waitOfSchedstat(std::string_view schedstat);

// What is to become of a program that does not answer. It hangs when nothing has come for longer
// than it is allowed to be silent. When its main thread has spent half of that time waiting for a
// processor, the machine is overloaded, and to start it again would be one more load: it is Starved
// until kStarvedPatienceNs later, since one that runs in circles waits for processors as well.
// Pure.
enum class Silence { Allowed, Starved, Hung };
Silence judgeSilence(int64_t silence_ns, int64_t silence_max_ns, int64_t waited_ns);

}  // namespace evd::supervisor
