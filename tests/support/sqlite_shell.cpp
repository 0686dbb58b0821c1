#include "tests/support/sqlite_shell.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>

namespace evd::test {

namespace {

constexpr const char* kMark = "--answered--";

struct Pipe {
    base::Fd read_end;
    base::Fd write_end;
};

Pipe openPipe() {
    int ends[2] = {-1, -1};
    EVD_CHECK(::pipe2(ends, O_CLOEXEC) == 0, "a pipe could not be made");
    return {base::Fd(ends[0]), base::Fd(ends[1])};
}

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
    Pipe in = openPipe();
    Pipe out = openPipe();
    pid_ = ::fork();
    EVD_CHECK(pid_ >= 0, "the shell could not be started");
    if (pid_ == 0) {
        ::dup2(in.read_end.get(), STDIN_FILENO);
        ::dup2(out.write_end.get(), STDOUT_FILENO);
        ::dup2(out.write_end.get(), STDERR_FILENO);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    input_ = std::move(in.write_end);
    output_ = std::move(out.read_end);
}

SqliteShell::~SqliteShell() {
    (void)quit();  // whoever wants to know has asked before
}

std::string SqliteShell::ask(const std::string& lines) {
    const std::string sent = base::cat(lines, "\n.print ", kMark, "\n");
    EVD_CHECK(::write(input_.get(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()),
              "the shell does not listen");
    const std::string end = base::cat(kMark, "\n");
    std::string answer;
    char buffer[4096];
    while (!answer.ends_with(end)) {
        const ssize_t got = ::read(output_.get(), buffer, sizeof(buffer));
        if (got <= 0) {
            return answer;
        }
        answer.append(buffer, static_cast<size_t>(got));
    }
    answer.resize(answer.size() - end.size());
    return std::string(base::trim(answer));
}

int SqliteShell::quit() {
    input_.reset();
    if (pid_ > 0) {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        pid_ = -1;
    }
    return exit_status_;
}

}  // namespace evd::test
