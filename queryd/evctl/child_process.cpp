#include "queryd/evctl/child_process.h"

#include "common/base/text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>

namespace evd::evctl {

namespace {

struct Pipe {
    base::Fd read;
    base::Fd write;
};

base::Result<Pipe> makePipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return base::failErrno("cannot make a pipe", errno);
    }
    return Pipe{base::Fd(ends[0]), base::Fd(ends[1])};
}

// Between fork and exec: system calls only.
[[noreturn]] void becomeCommand(char* const* arguments, int output, int errors, int report,
                                const sigset_t& signal_mask) {
    (void)::signal(SIGPIPE, SIG_DFL);
    (void)::sigprocmask(SIG_SETMASK, &signal_mask, nullptr);
    if (::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(errors, STDERR_FILENO) >= 0) {
        (void)::execvp(arguments[0], arguments);
    }
    const int why = errno;
    (void)!::write(report, &why, sizeof(why));
    ::_exit(kStatusNotFound);
}

base::Error notStarted(const std::string& name, int error_number) {
    base::Error error = base::failErrno(base::cat("cannot run ", name), error_number);
    error.kind = error_number == ENOENT ? base::ErrorKind::NotFound : base::ErrorKind::Denied;
    return error;
}

}  // namespace

base::Result<ChildProcess> startChild(const std::vector<std::string>& command,
                                      const sigset_t& signal_mask) {
    auto output = makePipe();
    auto errors = makePipe();
    auto report = makePipe();
    if (!output.ok() || !errors.ok() || !report.ok()) {
        return !output.ok() ? output.error() : !errors.ok() ? errors.error() : report.error();
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) {
        return base::failErrno("cannot make a process", errno);
    }
    if (pid == 0) {
        becomeCommand(arguments.data(), output.value().write.get(), errors.value().write.get(),
                      report.value().write.get(), signal_mask);
    }
    report.value().write.reset();
    int why = 0;
    ssize_t got = -1;
    do {  // Ends with the exec, which closes the pipe.
        got = ::read(report.value().read.get(), &why, sizeof(why));
    } while (got < 0 && errno == EINTR);
    if (got == static_cast<ssize_t>(sizeof(why))) {
        (void)::waitpid(pid, nullptr, 0);
        return notStarted(command[0], why);
    }
    for (const base::Fd* end : {&output.value().read, &errors.value().read}) {
        (void)::fcntl(end->get(), F_SETFL, O_NONBLOCK);  // cannot fail for a pipe
    }
    return ChildProcess{pid, std::move(output.value().read), std::move(errors.value().read)};
}

int shellStatus(int wait_status) {
    return WIFSIGNALED(wait_status) ? kStatusSignalled + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}

}  // namespace evd::evctl
