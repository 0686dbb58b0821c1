#include "sandbox/supervisor/exit_status.h"

#include "common/base/text.h"

#include <sys/wait.h>
#include <csignal>
#include <cstring>

namespace evd::supervisor {

std::string describeExit(int wait_status) {
    if (WIFEXITED(wait_status)) {
        return base::cat("exited with status ", WEXITSTATUS(wait_status));
    }
    if (!WIFSIGNALED(wait_status)) {
        return base::cat("ended with wait status ", wait_status);
    }
    const int signal = WTERMSIG(wait_status);
    if (signal == SIGSYS) {
        return "made a forbidden system call and was killed for it (SIGSYS)";
    }
    const char* name = ::sigabbrev_np(signal);
    return base::cat("was killed by signal ", signal, " (", name == nullptr ? "?" : name, ")");
}

}  // namespace evd::supervisor
