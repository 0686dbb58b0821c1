#include "tests/support/forked_end.h"

#include "common/base/check.h"
#include "tests/support/captured_stderr.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>

namespace evd::test {

bool ForkedEnd::exitedWith(int code) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool ForkedEnd::diedOf(int signal) const {
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

ForkedEnd endOfFork(const std::function<void()>& work) {
    CapturedStderr captured;
    const pid_t child = ::fork();
    EVD_CHECK(child >= 0, "a process could not be made");
    if (child == 0) {
        const rlimit no_core{0, 0};
        (void)::setrlimit(RLIMIT_CORE, &no_core);
        (void)::signal(SIGABRT, SIG_DFL);
        work();
        ::_exit(kGoneOn);
    }
    ForkedEnd end;
    EVD_CHECK(::waitpid(child, &end.status, 0) == child, "a process could not be waited for");
    end.writes = captured.writes();
    return end;
}

void limitAddresses(size_t more_bytes) {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t bytes = pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE)) + more_bytes;
    const rlimit limit{bytes, bytes};
    EVD_CHECK(pages > 0 && ::setrlimit(RLIMIT_AS, &limit) == 0, "addresses could not be limited");
}

}  // namespace evd::test
