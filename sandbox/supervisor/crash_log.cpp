#include "sandbox/supervisor/crash_log.h"

#include "common/base/text.h"

#include <utility>

namespace evd::supervisor {

void CrashLog::blame(std::string reason) {
    if (reason_.empty()) {
        reason_ = std::move(reason);
    }
}

std::string CrashLog::record(int64_t wall_ns, int32_t pid, const std::string& how,
                             std::vector<std::string> output) {
    std::string whole = reason_.empty() ? how : base::cat(reason_, " and ", how);
    if (reports_.size() == kCrashesKept) {
        reports_.erase(reports_.begin());
    }
    reports_.push_back({wall_ns, pid, whole, std::move(output)});
    reason_.clear();
    return whole;
}

}  // namespace evd::supervisor
