#include "tests/support/terminal_session.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "tests/support/wait_until.h"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>

namespace evd::test {

namespace {

constexpr int kPauseMs = 20;
constexpr int kSignalled = 128;

int64_t deadlineNs() {
    return base::SystemClock().monotonicNs() + kPatienceMs * base::kNsPerMs;
}

bool isPast(int64_t deadline_ns) {
    return base::SystemClock().monotonicNs() >= deadline_ns;
}

[[noreturn]] void becomeProgram(const std::vector<std::string>& command,
                                const std::vector<std::string>& environment) {
    for (const std::string& each : environment) {
        const size_t sign = each.find('=');
        (void)::setenv(each.substr(0, sign).c_str(), each.substr(sign + 1).c_str(), 1);
    }
    std::vector<char*> words;
    for (const std::string& word : command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    (void)::execv(words[0], words.data());
    ::_exit(127);
}

}  // namespace

TerminalSession::TerminalSession(const std::vector<std::string>& command,
                                 const std::vector<std::string>& environment) {
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    int terminal = -1;
    pid_ = ::forkpty(&terminal, nullptr, nullptr, &size);
    EVD_CHECK(pid_ >= 0, "a program on a terminal could not be started");
    if (pid_ == 0) {
        becomeProgram(command, environment);
    }
    terminal_.reset(terminal);
}

TerminalSession::~TerminalSession() {
    if (pid_ > 0) {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
}

void TerminalSession::type(const std::string& text) {
    (void)!::write(terminal_.get(), text.data(), text.size());  // what is missing will not be seen
}

bool TerminalSession::readSome() {
    pollfd watched{terminal_.get(), POLLIN, 0};
    if (::poll(&watched, 1, kPauseMs) <= 0) {
        return true;
    }
    char piece[4096];
    const ssize_t got = ::read(terminal_.get(), piece, sizeof(piece));
    if (got > 0) {
        printed_.append(piece, static_cast<size_t>(got));
    }
    return got > 0;
}

bool TerminalSession::waitFor(const std::string& text) {
    const int64_t deadline_ns = deadlineNs();
    while (true) {
        const size_t found = printed_.find(text, waited_to_);
        if (found != std::string::npos) {
            waited_to_ = found + text.size();
            return true;
        }
        if (isPast(deadline_ns) || !readSome()) {
            return printed_.find(text, waited_to_) != std::string::npos;
        }
    }
}

int TerminalSession::waitExit() {
    const int64_t deadline_ns = deadlineNs();
    while (pid_ > 0 && !isPast(deadline_ns)) {  // -1 would be any child
        (void)readSome();
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            (void)readSome();
            return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
        }
    }
    return -1;
}

bool TerminalSession::goOnWhenStopped() {
    const int64_t deadline_ns = deadlineNs();
    while (!isPast(deadline_ns)) {
        (void)readSome();
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG | WUNTRACED) == pid_) {
            return WIFSTOPPED(status) && ::kill(pid_, SIGCONT) == 0;
        }
    }
    return false;
}

}  // namespace evd::test
