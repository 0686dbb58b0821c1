#include "sandbox/supervisor/spawn.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/program_service.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>
#include <vector>

namespace evd::supervisor {

namespace {

constexpr auto kOwnVariables =
    std::to_array<std::string_view>({"NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=",
                                     "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="});

std::vector<char*> childEnvironment() {
    std::vector<char*> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (std::none_of(kOwnVariables.begin(), kOwnVariables.end(),
                         [&](std::string_view name) { return text.starts_with(name); })) {
            entries.push_back(*entry);
        }
    }
    entries.push_back(nullptr);
    return entries;
}

// What is executed: by path, so that the process is called after it, or by the descriptor.
struct ProgramFile {
    const char* path;
    char* const* arguments;
    int fd;
};

constexpr int kProgramFd = ipc::kControlFd + 1;

// The child's ends of its connections to us.
struct ChildEnds {
    int control;
    int output;
};

// Everything between fork and exec. Only system calls: the child shares no lock with anybody.
[[noreturn]] void becomeProgram(const ProgramFile& file, char* const* environment,
                                const ChildEnds& ends, pid_t supervisor, const Birth& birth) {
    sigset_t none;
    sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    (void)::signal(SIGPIPE, SIG_DFL);
    (void)::setsid();
    const int empty = ::open("/dev/null", O_RDONLY);
    // These come first: they may lie where another descriptor is going to.
    const int kept = ::fcntl(ends.control, F_DUPFD, kProgramFd + 1);
    const int output = ::fcntl(ends.output, F_DUPFD, kProgramFd + 1);
    const int program = ::fcntl(file.fd, F_DUPFD, kProgramFd + 1);
    const bool placed = empty >= 0 && kept >= 0 && output >= 0 && program >= 0 &&
                        ::dup2(empty, STDIN_FILENO) >= 0 && ::dup2(output, STDERR_FILENO) >= 0 &&
                        ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(kept, ipc::kControlFd) >= 0 &&
                        ::dup3(program, kProgramFd, O_CLOEXEC) >= 0 &&
                        ::syscall(SYS_close_range, kProgramFd + 1, ~0U, 0) == 0;
    if (!placed || !takePlace(birth)) {
        ::_exit(kNoPlaceStatus);
    }
    // Behind the change of user, which clears it. The parent may have died before it was to be our
    // reason to die.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == supervisor) {
        (void)::execve(file.path, file.arguments, environment);
        // Where only its folders are closed to the new user, as in a checkout below a home.
        (void)::fexecve(kProgramFd, file.arguments, environment);
    }
    ::_exit(kExecFailedStatus);
}

}  // namespace

base::Result<std::string> programFolder() {
    char path[PATH_MAX];
    const ssize_t bytes = ::readlink("/proc/self/exe", path, sizeof(path));
    if (bytes <= 0 || bytes == sizeof(path)) {
        return base::failErrno("cannot find our own program", errno);
    }
    const std::string_view whole(path, static_cast<size_t>(bytes));
    return std::string(whole.substr(0, whole.rfind('/')));
}

base::Result<Spawned> spawnProgram(const std::string& folder, std::string_view name,
                                   const Birth& birth) {
    std::string argument(name);
    const std::string path = base::cat(folder, "/", name);
    const base::Fd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!program.valid() || ::access(path.c_str(), X_OK) != 0) {
        return base::fail(base::ErrorKind::NotFound, base::cat("there is no program ", path));
    }
    auto control = base::makeSocketPair(SOCK_STREAM);
    if (!control.ok()) {
        return control.error();
    }
    int pipe_ends[2] = {-1, -1};
    if (::pipe2(pipe_ends, O_CLOEXEC) != 0) {
        return base::failErrno(base::cat("cannot make a pipe for ", name), errno);
    }
    base::Fd output(pipe_ends[0]);
    const base::Fd output_end(pipe_ends[1]);
    char* const arguments[] = {argument.data(), nullptr};
    const auto environment = childEnvironment();
    const pid_t supervisor = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return base::failErrno(base::cat("cannot fork for ", name), errno);
    }
    if (child == 0) {
        becomeProgram({path.c_str(), arguments, program.get()}, environment.data(),
                      {control.value().right.get(), output_end.get()}, supervisor, birth);
    }
    return Spawned{child, std::move(control.value().left), std::move(output)};
}

}  // namespace evd::supervisor
