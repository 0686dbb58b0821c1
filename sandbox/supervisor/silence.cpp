#include "sandbox/supervisor/silence.h"

#include "common/base/text.h"
#include "sandbox/supervisor/proc_file.h"

#include <algorithm>
#include <limits>

namespace evd::supervisor {

namespace {

// Takes a number, and the blank behind it, from the front of the text.
std::optional<int64_t> takeNumber(std::string_view& text) {
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = base::parseU64(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return number && number.value() <= std::numeric_limits<int64_t>::max()
               ? std::optional(static_cast<int64_t>(number.value()))
               : std::nullopt;
}

}  // namespace

std::optional<ProcessorTime> timesOfSchedstat(std::string_view schedstat) {
    const auto ran_ns = takeNumber(schedstat);
    const auto waited_ns = takeNumber(schedstat);
    return ran_ns && waited_ns ? std::optional(ProcessorTime{*ran_ns, *waited_ns}) : std::nullopt;
}

std::optional<ProcessorTime> processorTime(pid_t pid, const std::string& proc_root) {
    return timesOfSchedstat(readProcFile(base::cat(proc_root, "/", pid, "/schedstat")));
}

Silence judgeSilence(int64_t silence_ns, int64_t silence_max_ns, const SilentTime& meanwhile) {
    if (silence_ns <= silence_max_ns) {
        return Silence::Allowed;
    }
    const bool is_starved = meanwhile.watched_ns > 0 &&
                            meanwhile.spent.waited_ns >= meanwhile.watched_ns / 2 &&
                            meanwhile.spent.ran_ns < silence_max_ns;
    return is_starved && silence_ns <= silence_max_ns + kStarvedPatienceNs ? Silence::Starved
                                                                           : Silence::Hung;
}

}  // namespace evd::supervisor
