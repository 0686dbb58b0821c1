#include "tests/bench/line_peers.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/bench/group_under_test.h"
#include "tests/bench/peer_program.h"
#include "tests/support/temporary_directory.h"

#include <sys/socket.h>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

// rsyslogd with a socket and a file of its own, no rate limit, and nothing of this machine's.
class Rsyslog {
  public:
    Rsyslog(const std::string& program, std::string folder) : folder_(std::move(folder)) {
        const std::string configuration = below("rsyslog.conf");
        std::ofstream(configuration)
            << "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
            << "input(type=\"imuxsock\" Socket=\"" << below("log.sock")
            << "\" RateLimit.Interval=\"0\")\n"
            << "action(type=\"omfile\" file=\"" << below("out.log") << "\")\n";
        process_.emplace(
            std::vector<std::string>{program, "-n", "-f", configuration, "-i", below("pid")});
        for (int i = 0; i < 2'000 && !fs::exists(below("log.sock")); ++i) {
            test::pauseMs(1);
        }
    }
    std::string below(const std::string& name) const { return cat(folder_, "/", name); }
    uint64_t bytes() const {
        std::error_code none;  // it is made with the first line
        const auto size = fs::file_size(below("out.log"), none);
        return none ? 0 : size;
    }

  private:
    const std::string folder_;
    std::optional<PeerProcess> process_;
};

uint64_t linesOf(const std::string& path) {
    std::ifstream file(path);
    uint64_t lines = 0;
    for (std::string line; std::getline(file, line);) {
        ++lines;
    }
    return lines;
}

}  // namespace

std::optional<PeerFigures> runLiveRsyslog() {
    const auto program = findPeer("rsyslogd");
    if (!program) {
        return std::nullopt;
    }
    const test::TemporaryDirectory folder;
    const Rsyslog rsyslog(*program, folder.path());
    auto connected = base::connectUnix(rsyslog.below("log.sock"), SOCK_DGRAM);
    if (!connected.ok()) {
        std::printf("rsyslogd did not start: left out\n");
        return std::nullopt;
    }
    const int64_t start = nowNs();
    (void)sendLines(connected.value().get(), [](std::string_view origin, std::string_view line) {
        return cat("<14>Nov 20 10:30:00 ", origin, ": ", line);
    });
    // What it has taken it writes; when nothing more is written, that was all.
    uint64_t bytes = rsyslog.bytes();
    for (uint64_t before = 0; before != bytes; bytes = rsyslog.bytes()) {
        before = bytes;
        test::pauseMs(100);
    }
    const double seconds = static_cast<double>(nowNs() - start) / 1e9;
    const uint64_t lines = linesOf(rsyslog.below("out.log"));
    EVD_CHECK(lines > 0, "rsyslogd has stored something");
    return PeerFigures{static_cast<double>(lines) / seconds,
                       static_cast<double>(bytes) / static_cast<double>(lines)};
}

}  // namespace evd::bench
