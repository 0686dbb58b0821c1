#include "tests/support/mishaps.h"

#include "common/base/text.h"
#include "tests/support/wait_until.h"

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <fstream>

namespace evd::test {

namespace {

constexpr rlim_t kSpareBytes = 256 * 1024;

rlim_t addressBytes(pid_t pid) {
    std::ifstream statm(base::cat("/proc/", pid, "/statm"));
    rlim_t pages = 0;
    statm >> pages;
    return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

bool boundMemory(pid_t pid) {
    rlimit limit{};
    const rlim_t bytes = addressBytes(pid);
    if (bytes == 0 || ::prlimit(pid, RLIMIT_AS, nullptr, &limit) != 0) {
        return false;
    }
    limit.rlim_cur = bytes + kSpareBytes;
    return ::prlimit(pid, RLIMIT_AS, &limit, nullptr) == 0;
}

}  // namespace

const char* mishapName(Mishap mishap) {
    switch (mishap) {
        case Mishap::Kill:
            return "kill";
        case Mishap::Stop:
            return "stop";
        case Mishap::Hang:
            return "hang";
        case Mishap::Memory:
            return "want of memory";
    }
    return "";
}

bool Mishaps::mayHang() {
    return ::geteuid() == 0;
}

bool Mishaps::befall(pid_t pid, Mishap mishap) {
    switch (mishap) {
        case Mishap::Kill:
            return ::kill(pid, SIGKILL) == 0;
        case Mishap::Stop:
            return ::kill(pid, SIGSTOP) == 0;
        case Mishap::Hang:
            return hang(pid);
        case Mishap::Memory:
            return boundMemory(pid);
    }
    return false;
}

// Whoever traces must do all of it on one thread, and is told of the death before the parent is: so
// the thread waits for that.
bool Mishaps::hang(pid_t pid) {
    std::atomic<int> outcome = 0;
    tracers_.push_back(std::make_unique<base::Thread>("tracer", [pid, &outcome] {
        const bool held = ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0 &&
                          ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0;
        outcome = held ? 1 : -1;
        int status = 0;
        while (held && ::waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        }
    }));
    while (outcome == 0) {
        pauseMs(1);
    }
    return outcome == 1;
}

}  // namespace evd::test
