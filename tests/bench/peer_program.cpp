#include "tests/bench/peer_program.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>

namespace evd::bench {

namespace {

using base::cat;

constexpr const char* kUnpacked = EVD_BIN_FOLDER "/../peers";

}  // namespace

std::optional<std::string> findPeer(std::string_view name) {
    constexpr auto kFolders = std::to_array<std::string_view>(
        {"/usr/sbin", "/usr/bin", "/sbin", "/lib/systemd", kUnpacked});
    for (const std::string_view folder : kFolders) {
        std::string path = cat(folder, '/', name);
        if (::access(path.c_str(), X_OK) == 0) {
            return path;
        }
    }
    std::printf("%s is not here: left out\n", std::string(name).c_str());
    return std::nullopt;
}

std::string peerCommand(const std::string& path) {
    return cat("LD_LIBRARY_PATH='", kUnpacked, "' '", path, "'");
}

bool runShell(const std::string& command) {
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = -1;
    int status = -1;
    return ::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, arguments, environ) == 0 &&
           ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

double quickestShellMs(int runs, const std::string& command) {
    const base::SystemClock clock;
    double best = 0;
    for (int i = 0; i < runs; ++i) {
        const int64_t begun_ns = clock.monotonicNs();
        EVD_CHECK(runShell(command), "a peer failed");
        const double ms = static_cast<double>(clock.monotonicNs() - begun_ns) / base::kNsPerMs;
        best = i == 0 ? ms : std::min(best, ms);
    }
    return best;
}

PeerProcess::PeerProcess(const std::vector<std::string>& arguments) {
    std::vector<char*> words;
    for (const std::string& argument : arguments) {
        words.push_back(const_cast<char*>(argument.c_str()));
    }
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        const base::Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            (void)::dup2(nothing.get(), fd);
        }
        (void)::execv(words.front(), words.data());
        ::_exit(1);
    }
}

void PeerProcess::stop() {
    if (pid_ > 0) {  // -1 would be everybody
        (void)::kill(pid_, SIGTERM);
        (void)::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

}  // namespace evd::bench
