#include "sandbox/supervisor/stillness.h"

#include "common/base/proc_stat.h"
#include "common/base/text.h"
#include "sandbox/supervisor/proc_file.h"
#include "sandbox/supervisor/silence.h"

#include <filesystem>
#include <system_error>

namespace evd::supervisor {

namespace fs = std::filesystem;

std::optional<Activity> activityOf(pid_t pid, const std::string& proc_root) {
    Activity all;
    bool is_known = false;
    std::error_code error;
    for (fs::directory_iterator task(base::cat(proc_root, "/", pid, "/task"), error), end;
         !error && task != end; task.increment(error)) {
        const auto stat = base::parseProcStat(readProcFile(task->path() / "stat"));
        const auto time = timesOfSchedstat(readProcFile(task->path() / "schedstat"));
        if (!stat || !time) {
            continue;  // It has just ended.
        }
        is_known = true;
        all.ran_ns += time->ran_ns;
        all.is_ready = all.is_ready || stat.value().state == 'R' || stat.value().state == 'D';
    }
    return is_known ? std::optional(all) : std::nullopt;
}

int64_t Stillness::onLook(int64_t now_ns, const std::optional<Activity>& seen) {
    if (!seen || seen->is_ready || seen != last_) {
        last_ = seen;
        since_ns_ = now_ns;
    }
    return now_ns - since_ns_;
}

}  // namespace evd::supervisor
