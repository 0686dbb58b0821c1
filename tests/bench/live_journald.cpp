#include "tests/bench/line_peers.h"

#include "common/base/check.h"
#include "common/base/fd.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/bench/group_under_test.h"
#include "tests/support/temporary_directory.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr const char* kJournald = "/lib/systemd/systemd-journald";

void writeText(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

// journald in a mount namespace of its own, with a private /run, no rate limit, and its files in a
// folder on our disk.
class Journald {
  public:
    explicit Journald(std::string folder) : folder_(std::move(folder)) {
        pid_ = ::fork();
        if (pid_ == 0) {
            run(folder_);
        }
        for (int i = 0; i < 2'000 && !fs::exists(socketPath()); ++i) {
            test::pauseMs(1);
        }
    }
    ~Journald() { stop(); }
    Journald(const Journald&) = delete;
    Journald& operator=(const Journald&) = delete;

    std::string socketPath() const {
        return cat("/proc/", pid_, "/root") + "/run/systemd/journal/socket";
    }
    uint64_t entries() const {
        uint64_t total = 0;
        constexpr std::string_view kLabel = "Entry objects: ";
        for (const auto& machine : fs::directory_iterator(folder_)) {
            const std::string header =
                test::runCommand({"/usr/bin/journalctl", "--header", "-D", machine.path()}).output;
            std::string_view rest = header;
            for (size_t at = rest.find(kLabel); at != rest.npos; at = rest.find(kLabel)) {
                rest.remove_prefix(at + kLabel.size());
                const auto count = base::parseU64(rest.substr(0, rest.find('\n')));
                total += count.ok() ? count.value() : 0;
            }
        }
        return total;
    }
    void stop() {
        if (pid_ > 0) {
            (void)::kill(pid_, SIGTERM);
            (void)::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

  private:
    [[noreturn]] static void run(const std::string& folder) {
        const bool ready = ::unshare(CLONE_NEWNS) == 0 &&
                           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                           ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0;
        if (ready) {
            fs::create_directories("/run/systemd/journald.conf.d");
            fs::create_directories("/run/systemd/journal");
            fs::create_directories("/run/log/journal");
            writeText("/run/systemd/journald.conf.d/bench.conf",
                      "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nRuntimeMaxUse=8G\n"
                      "ReadKMsg=no\nAudit=no\nForwardToSyslog=no\nForwardToWall=no\n");
            if (::mount(folder.c_str(), "/run/log/journal", nullptr, MS_BIND, nullptr) == 0) {
                const base::Fd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
                (void)::dup2(nothing.get(), STDERR_FILENO);
                (void)::execl(kJournald, kJournald, nullptr);
            }
        }
        ::_exit(1);
    }

    const std::string folder_;
    pid_t pid_ = -1;
};

}  // namespace

std::optional<PeerFigures> runLiveJournald() {
    if (::geteuid() != 0 || ::access(kJournald, X_OK) != 0) {
        std::printf("systemd-journald is not here or this is not root: left out\n");
        return std::nullopt;
    }
    const test::TemporaryDirectory folder;
    Journald journald(folder.path());
    auto connected = base::connectUnix(journald.socketPath(), SOCK_DGRAM);
    if (!connected.ok()) {
        std::printf("systemd-journald did not start: left out\n");
        return std::nullopt;
    }
    const int64_t start = nowNs();
    (void)sendLines(connected.value().get(), [](std::string_view origin, std::string_view line) {
        return cat("PRIORITY=6\nSYSLOG_IDENTIFIER=", origin, "\nMESSAGE=", line, "\n");
    });
    // What is behind the last line in the socket is behind it in the journal.
    uint64_t entries = journald.entries();
    for (uint64_t before = 0; before != entries; entries = journald.entries()) {
        before = entries;
        test::pauseMs(50);
    }
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    journald.stop();
    EVD_CHECK(entries > 0, "journald has stored something");
    return PeerFigures{
        static_cast<double>(entries) / seconds,
        static_cast<double>(bytesBelow(folder.path())) / static_cast<double>(entries)};
}

}  // namespace evd::bench
