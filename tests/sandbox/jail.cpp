#include "tests/sandbox/jail.h"

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace evd::test {

bool JailOutcome::killedByFilter() const {
    return signal == SIGSYS;
}

JailOutcome runJailed(const sandbox::Confinement& confinement, const std::function<bool()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        (void)::signal(SIGABRT, SIG_DFL);  // doctest's handler does more than a jail allows
        const auto confined = sandbox::confine(confinement);
        ::_exit(!confined.ok() ? kJailNotConfined : work() ? kJailDone : kJailFailed);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    JailOutcome outcome;
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return outcome;
}

sandbox::Confinement jail(sandbox::Role role, const std::string& path, sandbox::PathAccess access) {
    sandbox::Confinement confinement;
    confinement.role = role;
    confinement.paths = {{path, access}};
    return confinement;
}

JailOutcome runJailed(sandbox::Role role, const std::function<bool()>& work) {
    sandbox::Confinement confinement;
    confinement.role = role;
    return runJailed(confinement, work);
}

}  // namespace evd::test
