#include "tests/support/sqlite_shell.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/support/wait_until.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace evd::test {

namespace {

constexpr const char* kMark = "--answered--";

}  // namespace

SqliteShell::SqliteShell(const std::string& database, const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"sqlite3", "-batch"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.push_back(database);
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    auto ends = base::makeSocketPair(SOCK_STREAM);
    EVD_CHECK(ends.ok(), "a socket pair could not be made");
    pid_ = ::fork();
    EVD_CHECK(pid_ >= 0, "the shell could not be started");
    if (pid_ == 0) {
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::dup2(ends.value().right.get(), fd);
        }
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    talk_ = std::move(ends.value().left);
    const timeval patience{kPatienceMs / 1000, 0};
    for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        EVD_CHECK(
            ::setsockopt(talk_.get(), SOL_SOCKET, direction, &patience, sizeof(patience)) == 0,
            "a socket has bounds");
    }
}

SqliteShell::~SqliteShell() {
    (void)quit();  // whoever wants to know has asked before
}

std::string SqliteShell::ask(const std::string& lines) {
    const std::string sent = base::cat(lines, "\n.print ", kMark, "\n");
    (void)!::send(talk_.get(), sent.data(), sent.size(), MSG_NOSIGNAL);  // it may be dead or deaf
    const std::string end = base::cat(kMark, "\n");
    std::string answer;
    while (!answer.ends_with(end)) {
        if (!readSome(answer)) {
            return answer;
        }
    }
    answer.resize(answer.size() - end.size());
    return std::string(base::trim(answer));
}

bool SqliteShell::readSome(std::string& said) {
    char buffer[4096];
    const ssize_t got = ::read(talk_.get(), buffer, sizeof(buffer));
    if (got > 0) {
        said.append(buffer, static_cast<size_t>(got));
    } else if (got < 0 && errno == EAGAIN && pid_ > 0) {  // -1 would be everybody
        ::kill(pid_, SIGKILL);
    }
    return got > 0;
}

int SqliteShell::quit() {
    if (pid_ > 0) {
        ::shutdown(talk_.get(), SHUT_WR);
        std::string rest;
        while (readSome(rest)) {
        }
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        pid_ = -1;
    }
    return exit_status_;
}

}  // namespace evd::test
