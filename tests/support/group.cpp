#include "tests/support/group.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/support/text_file.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace evd::test {

namespace fs = std::filesystem;

namespace {

constexpr int kLookMs = 5;

constexpr int kFirstInheritedFd = 3;  // as service managers have it
constexpr int kSignalled = 128;

// In the child: all of them from kFirstInheritedFd on, whatever lies there.
void placeInherited(const std::vector<int>& descriptors) {
    std::vector<int> copies;
    for (const int fd : descriptors) {
        const auto behind = kFirstInheritedFd + static_cast<int>(descriptors.size());
        copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, behind));
    }
    for (size_t i = 0; i < copies.size(); ++i) {
        ::dup2(copies[i], kFirstInheritedFd + static_cast<int>(i));
    }
}

// Fork and exec with the given descriptors as 0, 1 and 2 (-1 leaves ours), and from 3 on. The
// program does not outlive the thread that calls this.
pid_t spawnProcess(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, int in, int out, int error,
                   const std::vector<int>& inherited = {}) {
    std::vector<char*> argv;
    for (const auto& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (char** at = environ; *at != nullptr; ++at) {
        envp.push_back(*at);
    }
    for (const auto& entry : environment) {
        envp.push_back(const_cast<char*>(entry.c_str()));
    }
    envp.push_back(nullptr);
    const pid_t ours = ::getpid();
    const pid_t pid = ::fork();
    EVD_CHECK(pid >= 0, "a process could not be started");  // -1 would be everybody
    if (pid == 0) {
        // Whoever has died before is nobody's parent any more.
        if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != ours) {
            ::_exit(127);
        }
        const int targets[3] = {in, out, error};
        for (int i = 0; i < 3; ++i) {
            if (targets[i] >= 0) {
                ::dup2(targets[i], i);
            }
        }
        placeInherited(inherited);
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    return pid;
}

base::Fd openPipe(base::Fd& write_end) {
    int ends[2] = {-1, -1};
    EVD_CHECK(::pipe2(ends, O_CLOEXEC) == 0, "a pipe could not be made");
    write_end = base::Fd(ends[1]);
    return base::Fd(ends[0]);
}

std::string registryText(const GroupOptions& options) {
    std::string text = "{\"keys\": [";
    const char* separator = "";
    for (const auto& value : options.values) {
        const std::string key =
            value.path.empty() ? "Machine/System/eventd" : "Machine/System/eventd/" + value.path;
        text +=
            base::cat(separator, "{\"path\": \"", key, "\", \"values\": [{\"name\": \"", value.name,
                      "\", \"type\": \"", value.type, "\", \"data\": ", value.json, "}]}");
        separator = ", ";
    }
    return text + "]}";
}

// True when it was reaped in that time.
bool reapWithin(int seconds, pid_t pid, int& status) {
    const auto is_reaped = [&] {
        const pid_t reaped = ::waitpid(pid, &status, WNOHANG);
        EVD_CHECK(reaped >= 0, "how a child of ours has ended was told to somebody else");
        return reaped == pid;
    };
    return waitUntil(int64_t{seconds} * 1000, is_reaped, kLookMs);
}

int exitStatusOf(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace

std::string programPath(const std::string& name) {
    return base::cat(EVD_BIN_FOLDER, "/", name);
}

std::optional<size_t> descriptorCount(pid_t pid) {
    std::error_code error;  // it may go while we count
    size_t count = 0;
    for (fs::directory_iterator at(base::cat("/proc/", pid, "/fd"), error), end;
         !error && at != end; at.increment(error)) {
        ++count;
    }
    return error ? std::nullopt : std::optional<size_t>(count);
}

GroupOptions smallGroup() {
    GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    options.values.push_back({"", "StorageShards", "dword", "3"});
    return options;
}

GroupOptions withoutSensors() {
    GroupOptions options;
    options.values.push_back({"Linux", "Sensors", "multi", "[]"});
    return options;
}

Group::Group(const StateFolder& state, const GroupOptions& options) {
    const std::string registry = state.below("test.reg");
    writeTextFile(registry, registryText(options));
    const std::string program = options.program.empty() ? programPath("eventd") : options.program;
    std::vector<std::string> arguments = {program, "--state", state.path(), "--registry", registry};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    base::Fd write_end;
    base::Fd read_end = openPipe(write_end);
    pid_ = spawnProcess(arguments, options.environment, -1, -1, write_end.get(), options.inherited);
    write_end.reset();
    const int raw = read_end.release();
    reader_ = std::make_unique<base::Thread>("stderr", [this, raw] { readStderr(base::Fd(raw)); });
}

Group::~Group() {
    if (!reaped_) {
        ::kill(pid_, SIGKILL);
        (void)waitExit(kStopSeconds);
    }
}

void Group::readStderr(base::Fd from) {
    char buffer[4096];
    while (true) {
        const ssize_t got = ::read(from.get(), buffer, sizeof(buffer));
        if (got <= 0) {
            const std::lock_guard lock(mutex_);
            is_stderr_closed_ = true;
            return;
        }
        // Shown as it comes too, so that a failed test leaves its trace in the report.
        (void)!::write(STDERR_FILENO, buffer, static_cast<size_t>(got));
        const std::lock_guard lock(mutex_);
        stderr_.append(buffer, static_cast<size_t>(got));
    }
}

bool Group::waitForStderr(const std::string& text, int seconds) {
    const auto is_over = [&] {
        const std::lock_guard lock(mutex_);
        return is_stderr_closed_ || stderr_.find(text) != std::string::npos;
    };
    (void)waitUntil(int64_t{seconds} * 1000, is_over, kLookMs);
    return stderrText().find(text) != std::string::npos;
}

bool Group::waitReady() {
    return waitForStderr("eventd: ready", kReadySeconds);
}

std::vector<std::pair<std::string, pid_t>> Group::children() const {
    std::vector<std::pair<std::string, pid_t>> found;
    if (reaped_) {
        return found;  // the pid may be another's by now
    }
    std::ifstream list(base::cat("/proc/", pid_, "/task/", pid_, "/children"));
    pid_t child = 0;
    while (list >> child) {
        std::ifstream command(base::cat("/proc/", child, "/cmdline"), std::ios::binary);
        std::string first;
        std::getline(command, first, '\0');
        found.emplace_back(fs::path(first).filename().string(), child);
    }
    std::sort(found.begin(), found.end());
    return found;
}

pid_t Group::childPid(const std::string& program) const {
    for (const auto& [name, pid] : children()) {
        if (name == program) {
            return pid;
        }
    }
    return -1;
}

void Group::signal(int number) const {
    if (!reaped_) {
        ::kill(pid_, number);
    }
}

bool Group::signalChild(const std::string& program, int number) const {
    const pid_t pid = childPid(program);
    return pid > 0 && ::kill(pid, number) == 0;  // -1 would be everybody
}

int Group::stop() {
    signal(SIGTERM);
    return waitExit(kStopSeconds);
}

int Group::waitExit(int seconds) {
    if (reaped_) {
        return exit_status_;
    }
    int status = 0;
    if (!reapWithin(seconds, pid_, status)) {
        return -1;
    }
    reaped_ = true;
    exit_status_ = exitStatusOf(status);
    return exit_status_;
}

std::string Group::stderrText() const {
    const std::lock_guard lock(mutex_);
    return stderr_;
}

CommandResult runCommand(const std::vector<std::string>& arguments, const std::string& input,
                         int timeout_seconds) {
    const StateFolder folder;
    const std::string in_path = folder.below("in");
    const std::string out_path = folder.below("out");
    const std::string error_path = folder.below("errors");
    writeTextFile(in_path, input);
    const base::Fd in(::open(in_path.c_str(), O_RDONLY | O_CLOEXEC));
    const base::Fd out(::open(out_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const base::Fd error(::open(error_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const pid_t pid = spawnProcess(arguments, {}, in.get(), out.get(), error.get());
    int status = 0;
    CommandResult result;
    if (reapWithin(timeout_seconds, pid, status)) {
        result.status = exitStatusOf(status);
    } else {
        ::kill(pid, SIGKILL);
        (void)::waitpid(pid, &status, 0);
    }
    result.output = readTextFile(out_path);
    result.errors = readTextFile(error_path);
    return result;
}

}  // namespace evd::test
