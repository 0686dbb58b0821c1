#include "sandbox/supervisor/silence.h"

#include "common/base/text.h"
#include "sandbox/supervisor/proc_file.h"

#include <limits>

namespace evd::supervisor {

std::optional<int64_t> waitOfSchedstat(std::string_view schedstat) {
    const size_t begin = schedstat.find(' ');
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = schedstat.substr(begin + 1);
    const auto wait_ns = base::parseU64(rest.substr(0, rest.find_first_not_of("0123456789")));
    return wait_ns && wait_ns.value() <= std::numeric_limits<int64_t>::max()
               ? std::optional(static_cast<int64_t>(wait_ns.value()))
               : std::nullopt;
}

std::optional<int64_t> processorWaitNs(pid_t pid, const std::string& proc_root) {
    return waitOfSchedstat(readProcFile(base::cat(proc_root, "/", pid, "/schedstat")));
}

Silence judgeSilence(int64_t silence_ns, int64_t silence_max_ns, int64_t waited_ns) {
    if (silence_ns <= silence_max_ns) {
        return Silence::Allowed;
    }
    const bool is_starved = waited_ns >= silence_ns / 2;
    return is_starved && silence_ns <= silence_max_ns + kStarvedPatienceNs ? Silence::Starved
                                                                           : Silence::Hung;
}

}  // namespace evd::supervisor
