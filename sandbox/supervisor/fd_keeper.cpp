#include "sandbox/supervisor/fd_keeper.h"

#include "common/base/log.h"
#include "common/base/text.h"

namespace evd::supervisor {

void NotifyFdKeeper::keep(const std::string& name, int fd) {
    if (is_lost_) {
        return;
    }
    // A manager may hold several of one name, and would give us all of them back.
    notify_.removeFd(name);
    is_lost_ = !notify_.storeFd(name, fd);
    if (is_lost_) {
        base::logWarning(
            "the service manager does not take descriptors, a restart of eventd loses the rings");
    }
}

void NotifyFdKeeper::forget(const std::string& name) {
    if (!is_lost_) {
        notify_.removeFd(name);
    }
}

std::string keptName(std::string_view program_name, const base::Guid& boot_id,
                     std::string_view name) {
    return base::cat(program_name, ".", base::formatGuid(boot_id), ".", name);
}

}  // namespace evd::supervisor
