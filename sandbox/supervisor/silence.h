#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::supervisor {

// How much longer than otherwise a program may be silent that gets no processor.
inline constexpr int64_t kStarvedPatienceNs = 55'000'000'000;

// How long the main thread of a process ran, and was ready without running, since it was made.
struct ProcessorTime {
    int64_t ran_ns = 0;
    int64_t waited_ns = 0;

    bool operator==(const ProcessorTime&) const = default;
};

// Nothing when the kernel does not tell.
std::optional<ProcessorTime> processorTime(pid_t pid, const std::string& proc_root = "/proc");
// The first two numbers of a schedstat. Pure.
std::optional<ProcessorTime> timesOfSchedstat(std::string_view schedstat);

// What a main thread did since it was found to be silent, which is some time after its last answer.
struct SilentTime {
    ProcessorTime spent;
    int64_t watched_ns = 0;
};

// What is to become of a program that does not answer. It hangs when nothing has come for longer
// than it is allowed to be silent. When its main thread has spent half of the time that it was
// watched for waiting for a processor, the machine is overloaded, and to start it again would be
// one more load: it is Starved then, for kStarvedPatienceNs at most, and until it has run for as
// long as it may be silent, which only one does that runs in circles. Pure.
enum class Silence { Allowed, Starved, Hung };
Silence judgeSilence(int64_t silence_ns, int64_t silence_max_ns, const SilentTime& meanwhile);

}  // namespace evd::supervisor
