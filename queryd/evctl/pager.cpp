#include "queryd/evctl/pager.h"

#include "common/base/text.h"
#include "queryd/evctl/output/plain_text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace evd::evctl {

namespace {

constexpr int kCannotStart = 127;

// Whether the program that a command begins with can be executed, as far as can be told: an answer
// that went to a pager that is not there would be gone.
bool isThere(std::string_view command) {
    const std::string program(base::split(command, ' ').front());
    if (program.find_first_of("/=$('\"") != std::string::npos) {
        return program.find('/') == std::string::npos || ::access(program.c_str(), X_OK) == 0;
    }
    const char* path = std::getenv("PATH");
    for (const std::string_view folder :
         base::split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
        if (::access(base::cat(folder, '/', program).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

// In the child: nothing may be done here but system calls and exec.
[[noreturn]] void becomePager(int input, const char* command) {
    (void)::dup2(input, STDIN_FILENO);
    (void)::signal(SIGPIPE, SIG_DFL);
    (void)::signal(SIGINT, SIG_DFL);
    (void)::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(kCannotStart);
}

}  // namespace

bool Pager::start(const std::string& command) {
    if (!isThere(command)) {
        return false;
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    const base::Fd reading(ends[0]);
    base::Fd writing(ends[1]);
    (void)::setenv("LESS", "FRX", /*replace=*/0);
    pid_ = ::fork();
    if (pid_ == 0) {
        becomePager(reading.get(), command.c_str());
    }
    if (pid_ < 0) {
        return false;
    }
    interrupt_before_ = ::signal(SIGINT, SIG_IGN);
    input_ = std::move(writing);
    return true;
}

void Pager::wait() {
    if (pid_ < 0) {
        return;
    }
    input_.reset();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    (void)::signal(SIGINT, interrupt_before_);
}

bool isLongerThan(const std::string& text, size_t rows, size_t columns) {
    if (rows == 0) {
        return false;
    }
    size_t taken = 0;
    size_t at = 0;
    while (at < text.size() && taken < rows) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const size_t width = displayWidth(std::string_view(text).substr(at, end - at));
        taken += columns > 0 && width > columns ? (width + columns - 1) / columns : 1;
        at = end + 1;
    }
    return taken >= rows;
}

}  // namespace evd::evctl
